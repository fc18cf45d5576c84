{{ config(materialized='view') }}
{%- set series -%}
    select
        row_number() over () as place,
        merchant_id,
        product_id,
        channel,
        (
            select max(day_number)
            from {{ ref('int_demand_days_booked') }}
            where known_at <= {{ as_of() }}
        ) as day_number,
        {{ as_of() }} as known_at
    from {{ ref('int_demand_days_booked') }}
    where day_number is not null and known_at <= {{ as_of() }}
    group by merchant_id, product_id, channel
{%- endset -%}

with

{{ stock_over_time(series, 36500) }},

{{ shortage_days() }}

select
    series.merchant_id,
    series.product_id,
    series.channel,
    shortages.day_number,
    shortages.is_whole_day,
    shortages.known_at
from shortages
inner join series on shortages.place = series.place
