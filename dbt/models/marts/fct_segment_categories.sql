{{ config(materialized='view') }}

with

night as (

    select * from {{ ref('fct_newest_night') }}

),

customer_categories as not materialized (

    select * from {{ ref('fct_customer_categories') }}

),

segments as not materialized (

    select * from {{ source('decisions', 'customer_segments') }}

),

members as (

    select
        customer_categories.*,
        segments.segment,
        segments.segment_name
    from customer_categories
    inner join night on customer_categories.day_at = night.day_at
    inner join segments
        on
            customer_categories.merchant_id = segments.merchant_id
            and customer_categories.day_at = segments.day_at
            and customer_categories.customer_id = segments.customer_id
    where
        segments.segment is not null
        and customer_categories.purchases > 0
        and {{ is_latest('segments', 'customer_night_id') }}

),

sizes as (

    select
        merchant_id,
        segment,
        count(*) as customers,
        sum(customer_purchases) as purchases,
        sum(customer_purchases ^ 2) as squares
    from (
        select distinct
            merchant_id,
            segment,
            customer_id,
            customer_purchases
        from members
    ) as customers
    group by 1, 2

),

categories as (

    select
        merchant_id,
        day_at,
        segment,
        category,
        max(segment_name) as segment_name,
        max(merchant_share) as merchant_share,
        max(strength) as strength,
        max(mean_minor) as mean_minor,
        count(*) as customers,
        sum(purchases)::bigint as purchases,
        sum(net_minor)::bigint as net_minor
    from members
    group by 1, 2, 3, 4

),

-- purchases of one customer resemble each other, so they count for fewer (design effect)
weighted as (

    select
        categories.*,
        sizes.purchases as segment_purchases,
        1 + greatest(sizes.squares / sizes.purchases - 1, 0) / (categories.strength + 1) as effect
    from categories
    inner join sizes
        on categories.merchant_id = sizes.merchant_id and categories.segment = sizes.segment

)

select
    merchant_id,
    day_at,
    segment,
    segment_name,
    category,
    customers,
    purchases,
    net_minor,
    segment_purchases,
    merchant_share,
    strength,
    mean_minor,
    purchases / effect + strength * merchant_share as shape,
    segment_purchases / effect + strength as rate
from weighted
