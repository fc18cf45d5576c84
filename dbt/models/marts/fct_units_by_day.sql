{{ config(materialized='view') }}

with

entries as not materialized (

    select * from {{ ref('fct_demand_days') }}

),

shortages as not materialized (

    select * from {{ ref('fct_shortage_days') }}

),

-- conditions on the series and the day reach both parts
parts as not materialized (

    select
        merchant_id,
        product_id,
        channel,
        day_number,
        units,
        false as is_short
    from entries

    union all

    select
        merchant_id,
        product_id,
        channel,
        day_number,
        0 as units,
        true as is_short
    from shortages

)

select
    merchant_id,
    product_id,
    channel,
    day_number,
    greatest(sum(units), 0) as units,
    bool_or(is_short) as is_short
from parts
group by merchant_id, product_id, channel, day_number
