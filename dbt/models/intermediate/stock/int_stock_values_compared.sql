with

priced as (

    select
        nights.place,
        nights.merchant_id,
        nights.day_number,
        nights.unit_cost,
        sums.channels,
        sums.days_since_sale,
        sums.age_days,
        {% for days in [28, 364] -%}
            sums.units_{{ days }} / least({{ days }}, coalesce(sums.age_days, 0) + 1)
                as units_{{ days }},
        {% endfor -%}
        coalesce(sums.price_28, sums.price_364, nights.list_price) as unit_price,
        sums.units_364
        * (coalesce(sums.price_364, nights.list_price) - coalesce(nights.unit_cost, 0))
            as value_364
    from {{ ref('int_stock_nights_queued') }} as nights
    inner join {{ ref('int_stock_nights_summed') }} as sums on nights.place = sums.place

),

-- as numbers with all digits: the order of these sums is free
valued as (

    select
        *,
        greatest(value_364, 0)::numeric as worth
    from priced

)

select
    place,
    channels,
    days_since_sale,
    age_days,
    units_28,
    units_364,
    value_364,
    coalesce(
        (sum(worth) over greater_first - sum(worth) over alike)
        / nullif(sum(worth) over of_merchant, 0),
        0
    )::double precision as value_share_above,
    unit_price - unit_cost as unit_margin,
    unit_price
from valued
window
    of_merchant as (partition by merchant_id, day_number),
    greater_first as (partition by merchant_id, day_number order by worth desc),
    alike as (partition by merchant_id, day_number, worth)
