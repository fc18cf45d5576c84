with

purchases as (

    select * from {{ ref('int_market_customers_grouped') }}

),

-- one row per customer and cell; a customer belongs to a month in which it bought at the merchant
customers as (

    select
        month_start,
        merchant_id,
        category,
        segment,
        customer_id,
        coalesce(sum(spent_minor) filter (where is_own), 0) as own_minor,
        coalesce(sum(spent_minor) filter (where not is_own), 0) as elsewhere_minor,
        coalesce(sum(earlier_minor) filter (where is_own), 0) as earlier_own_minor,
        coalesce(sum(earlier_minor) filter (where not is_own), 0) as earlier_elsewhere_minor
    from purchases
    group by 1, 2, 3, 4, 5

),

buyers as (

    select
        month_start,
        merchant_id,
        customer_id
    from customers
    group by 1, 2, 3
    having sum(own_minor) > 0

),

cells as (

    select
        customers.month_start,
        customers.merchant_id,
        customers.category,
        customers.segment,
        count(*) filter (
            where
            buyers.customer_id is not null and customers.own_minor + customers.elsewhere_minor > 0
        ) as customers,
        coalesce(
            sum(customers.own_minor) filter (where buyers.customer_id is not null), 0
        ) as own_minor,
        coalesce(
            sum(customers.elsewhere_minor) filter (where buyers.customer_id is not null), 0
        ) as elsewhere_minor,
        -- won from and lost to other merchants of the category
        count(*) filter (
            where
            customers.own_minor > 0
            and customers.earlier_own_minor = 0
            and customers.earlier_elsewhere_minor > 0
        ) as gained_customers,
        count(*) filter (
            where
            customers.own_minor = 0
            and customers.earlier_own_minor > 0
            and customers.elsewhere_minor > 0
        ) as lost_customers
    from customers
    left join buyers
        on
            customers.month_start = buyers.month_start
            and customers.merchant_id = buyers.merchant_id
            and customers.customer_id = buyers.customer_id
    group by 1, 2, 3, 4

),

-- the spending of a cell at each other merchant
competitors as (

    select
        purchases.month_start,
        purchases.merchant_id,
        purchases.category,
        purchases.segment,
        jsonb_object_agg(purchases.spent_at, purchases.spent_minor) as spending
    from (
        select
            purchases.month_start,
            purchases.merchant_id,
            purchases.category,
            purchases.segment,
            purchases.spent_at,
            sum(purchases.spent_minor) as spent_minor
        from purchases
        inner join buyers
            on
                purchases.month_start = buyers.month_start
                and purchases.merchant_id = buyers.merchant_id
                and purchases.customer_id = buyers.customer_id
        where not purchases.is_own and purchases.spent_minor > 0
        group by 1, 2, 3, 4, 5
    ) as purchases
    group by 1, 2, 3, 4

)

select
    cells.*,
    coalesce(competitors.spending, '{}'::jsonb) as competitor_spending
from cells
left join competitors
    on
        cells.month_start = competitors.month_start
        and cells.merchant_id = competitors.merchant_id
        and cells.category = competitors.category
        and cells.segment = competitors.segment
where cells.customers + cells.gained_customers + cells.lost_customers > 0
