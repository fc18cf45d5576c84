{#- the name of a window, its first day and its day after the last, by age -#}
{%- set windows = [
    ('units_28', 0, 28), ('units_364', 0, 364), ('year_ago_28', 336, 364), ('year_ago_56', 364, 420)
] -%}

with

series as (

    select
        nights.place,
        nights.day_number,
        nights.merchant_id,
        coalesce(sums.category, nights.product_category) as category,
        sums.age_days,
        -- as numbers with all digits: the order of these sums is free
        {% for name, first, last in windows -%}
            sums.{{ name if name.startswith('units') else 'units_' ~ name }}::numeric as {{ name }},
        {% endfor -%}
        sums.units_28 > 0 as is_sold_28
    from {{ ref('int_demand_nights_queued') }} as nights
    inner join {{ ref('int_demand_nights_summed') }} as sums on nights.place = sums.place

)

select
    place,
    category,
    {% for name, first, last in windows -%}
        {% for group in ['category', 'merchant'] -%}
            (
                (sum({{ name }}) over of_{{ group }})
                / nullif(
                    greatest(
                        least({{ last }}, max(age_days) over of_{{ group }} + 1) - {{ first }}, 0
                    ), 0
                )
            )::double precision as {{ group }}_{{ name }},
        {% endfor %}
    {%- endfor -%}
    count(*) filter (where is_sold_28) over of_category as category_series_28
from series
window
    of_category as (partition by day_number, merchant_id, category),
    of_merchant as (partition by day_number, merchant_id)
