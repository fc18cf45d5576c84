-- the promotions ahead of a night, the next one first
with

ahead as (

    select
        place,
        greatest(first_ahead, 1) as first_day,
        least(last_ahead, {{ demand_horizon() }}) as last_day,
        price_minor,
        row_number() over (
            partition by place order by first_ahead, last_ahead, promotion_id
        ) as number_ahead
    from {{ ref('int_promotions_recalled') }}
    where last_ahead > 0

)

select
    {% for number in [1, 2] -%}
        max(first_day) filter (where number_ahead = {{ number }}) as promotion_{{ number }}_first,
        max(last_day) filter (where number_ahead = {{ number }}) as promotion_{{ number }}_last,
        {{ major_units('max(price_minor) filter (where number_ahead = ' ~ number ~ ')') }}
            as promotion_{{ number }}_price,
    {% endfor -%}
    place
from ahead
group by place
