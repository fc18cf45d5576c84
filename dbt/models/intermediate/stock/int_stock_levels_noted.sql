{#- a channel without a name has all locations -#}
{%- set series -%}
    select
        place,
        merchant_id,
        product_id,
        '' as channel,
        day_number,
        known_at
    from {{ ref('int_stock_nights_queued') }}
{%- endset -%}

with

{{ stock_by_location(series, demand_days()) }},

followed as (

    select
        *,
        level - lag(level) over at_location as difference,
        first_value(happened_at) over at_location as first_at,
        lead(happened_at) over at_location as next_at
    from located
    window at_location as (partition by place, location order by happened_at, is_count)

)

select
    place,
    location,
    happened_at,
    coalesce(next_at, {{ day_start('day_number + 1') }}) as until_at,
    next_at is null as is_last,
    is_count,
    count_number,
    level,
    case when is_count and count_number > 1 then difference end as gap,
    first_at,
    case when count_number > 0 then counted_at end as counted_at,
    counted_reserved as reserved
from followed
where
    next_at is null
    or (is_count and count_number > 1 and difference <> 0)
    or (count_number > 0 and level <= 0)
