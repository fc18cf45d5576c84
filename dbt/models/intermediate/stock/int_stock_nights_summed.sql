with

-- the newest 28 and 364 days are whole weeks
sales as (

    select
        place,
        {% for days in [28, 364] -%}
            sum(units) filter (where week_number < {{ days }} / 7) as units_{{ days }},
            {{ major_units('sum(priced_minor) filter (where week_number < ' ~ days ~ ' / 7)') }}
                as net_{{ days }},
            (sum(priced_units) filter (where week_number < {{ days }} / 7))::double precision
                as priced_units_{{ days }},
        {% endfor -%}
        array_agg(distinct channel) filter (where newest_age is not null) as channels,
        min(newest_age) as days_since_sale,
        max(oldest_age) as first_sale_age
    from {{ ref('int_stock_weeks_summed') }}
    group by place

)

select
    nights.place,
    sales.channels,
    sales.days_since_sale,
    greatest(sales.first_sale_age, nights.day_number - levels.first_day) as age_days,
    {% for days in [28, 364] -%}
        coalesce(sales.units_{{ days }}, 0)::double precision as units_{{ days }},
        case
            when sales.priced_units_{{ days }} > 0
                then greatest(sales.net_{{ days }} / sales.priced_units_{{ days }}, 0)
        end as price_{{ days }},
    {% endfor -%}
    levels.counted_places
from {{ ref('int_stock_nights_queued') }} as nights
left join sales on nights.place = sales.place
left join {{ ref('int_stock_levels_reconciled') }} as levels on nights.place = levels.place
