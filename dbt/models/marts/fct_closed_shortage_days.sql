{{ config(materialized='view') }}
{%- set series -%}
    select
        row_number() over () as place,
        nights.merchant_id,
        nights.product_id,
        nights.channel,
        newest.day_number,
        'infinity'::timestamptz as known_at
    from (
        select max(day_number) as day_number from {{ ref('int_demand_days_booked') }}
    ) as newest
    inner join {{ ref('stg_ledger__demand_nights') }} as nights
        on
            nights.day_at >= {{ day_start('newest.day_number - ' ~ accuracy_days() ~ ' + 1') }}
            and nights.day_at < {{ day_start('newest.day_number + 1') }}
    group by nights.merchant_id, nights.product_id, nights.channel, newest.day_number
{%- endset -%}

with

{{ stock_over_time(series, demand_days()) }},

{{ shortage_days() }}

select
    series.merchant_id,
    series.product_id,
    series.channel,
    shortages.day_number,
    shortages.is_whole_day
from shortages
inner join series on shortages.place = series.place
where shortages.day_number > series.day_number - {{ accuracy_days() }}
