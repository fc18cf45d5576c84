with

months as (

    select * from {{ ref('int_market_months_queued') }}

),

purchases as (

    select * from {{ ref('int_market_purchases_gathered') }}

),

segments as not materialized (

    select * from {{ source('decisions', 'customer_segments') }}

),

-- the merchants that deliver sales
subscribers as (

    select distinct
        months.month_start,
        months.day_at,
        booked.merchant_id
    from months
    inner join {{ ref('int_sales_days_booked') }} as booked
        on
            booked.day_number between months.earlier_day and months.last_day
            and months.known_at >= booked.known_at

),

customers as (

    select distinct
        subscribers.month_start,
        subscribers.day_at,
        subscribers.merchant_id,
        purchases.customer_id
    from subscribers
    inner join purchases
        on
            subscribers.month_start = purchases.month_start
            and subscribers.merchant_id = purchases.merchant_id

),

-- the segment of the month's last night: a cohort is fixed
members as (

    select
        customers.*,
        coalesce(
            case when {{ are_ids_shared() }} then segments.segment end, 'unsegmented'
        ) as segment
    from customers
    left join segments
        on
            customers.merchant_id = segments.merchant_id
            and customers.customer_id = segments.customer_id
            and customers.day_at = segments.day_at
            and {{ is_latest('segments', 'customer_night_id') }}

)

select
    members.month_start,
    members.merchant_id,
    purchases.category,
    members.segment,
    members.customer_id,
    purchases.merchant_id as spent_at,
    purchases.merchant_id = members.merchant_id as is_own,
    coalesce(sum(purchases.spent_minor) filter (where purchases.is_now), 0)::bigint as spent_minor,
    coalesce(sum(purchases.spent_minor) filter (where not purchases.is_now), 0)::bigint
        as earlier_minor
from members
inner join purchases
    on members.month_start = purchases.month_start and members.customer_id = purchases.customer_id
group by 1, 2, 3, 4, 5, 6, 7
