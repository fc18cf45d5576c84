{{ config(materialized='view') }}

with

nights as (

    select
        day_at,
        {{ utc_day('day_at') }} as day_number,
        known_at
    from {{ ref('stg_ledger__sales_nights') }}

),

entries as not materialized (

    select * from {{ ref('int_category_days_booked') }}

),

tastes as not materialized (

    select * from {{ ref('fct_category_tastes') }}

),

days as not materialized (

    select
        nights.day_at,
        entries.merchant_id,
        entries.customer_id,
        entries.category,
        entries.day_number,
        sum(entries.net_minor) as net_minor
    from nights
    inner join entries on {{ is_in_night(look_back_days()) }}
    where entries.customer_id is not null and entries.category is not null
    group by 1, 2, 3, 4, 5
    having sum(entries.net_minor) > 0

),

own_categories as not materialized (

    select
        day_at,
        merchant_id,
        customer_id,
        category,
        count(*) as purchases,
        sum(net_minor) as net_minor
    from days
    group by 1, 2, 3, 4

),

customers as not materialized (

    select
        day_at,
        merchant_id,
        customer_id,
        sum(purchases)::double precision as customer_purchases,
        jsonb_object_agg(category, purchases) as purchases,
        jsonb_object_agg(category, net_minor) as net_minor
    from own_categories
    group by 1, 2, 3

)

select
    customers.merchant_id,
    customers.customer_id,
    customers.day_at,
    tastes.category,
    row_number() over (
        partition by customers.merchant_id, customers.customer_id, customers.day_at
        order by
            (own.purchases + tastes.strength * tastes.merchant_share)
            / (customers.customer_purchases + tastes.strength) desc,
            tastes.category
    ) as place,
    own.purchases::bigint as purchases,
    own.net_minor::bigint as net_minor,
    customers.customer_purchases,
    tastes.merchant_share,
    tastes.strength,
    own.purchases + tastes.strength * tastes.merchant_share as shape,
    customers.customer_purchases + tastes.strength as rate,
    tastes.net_minor::double precision / tastes.purchases::double precision as mean_minor
from customers
cross join
    lateral (
        -- the customer's own categories, and the ten largest of the merchant
        select tastes.*
        from tastes
        where
            tastes.merchant_id = customers.merchant_id
            and tastes.day_at = customers.day_at
            and (tastes.place <= 10 or jsonb_exists(customers.purchases, tastes.category))
    ) as tastes
cross join lateral (
    values (
        coalesce((customers.purchases ->> tastes.category)::double precision, 0),
        coalesce((customers.net_minor ->> tastes.category)::double precision, 0)
    )
) as own (purchases, net_minor)
