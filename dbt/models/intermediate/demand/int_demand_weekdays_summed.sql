-- a slot is one of seven days: the night's own weekday is slot 0, the weekday before it slot 1
with

days as (

    select
        place,
        age % 7 as slot,
        age / 7 as week_number,
        units,
        is_missing,
        count(*) filter (where is_missing) over (
            partition by place, age % 7 order by age rows unbounded preceding
        ) as missing_weeks
    from {{ ref('int_demand_days_ordered') }}
    where age < 56
    order by place, slot, age

),

slots as (

    select
        place,
        slot,
        coalesce(sum(units) filter (where not is_missing), 0) as units,
        count(*) filter (where is_missing) as missing_weeks,
        -- the newest observed week: all newer ones are missing
        count(*) filter (where is_missing and missing_weeks = week_number + 1) as newest_week,
        max(units) filter (where not is_missing and missing_weeks = week_number) as newest_units
    from days
    group by place, slot

),

lived as (

    select
        nights.place,
        weekdays.weekday,
        (
            least(56, sums.age_days + 1) + 6 - (nights.day_number + 3 - weekdays.weekday) % 7
        ) / 7 as lived_weeks,
        (nights.day_number + 3 - weekdays.weekday) % 7 as slot
    from {{ ref('int_demand_nights_queued') }} as nights
    inner join {{ ref('int_demand_nights_summed') }} as sums on nights.place = sums.place
    cross join generate_series(0, 6) as weekdays (weekday)

),

weekdays as (

    select
        lived.place,
        lived.weekday,
        coalesce(slots.units, 0)
        / nullif(lived.lived_weeks - coalesce(slots.missing_weeks, 0), 0) as mean_units,
        case
            when coalesce(slots.newest_week, 0) < lived.lived_weeks
                then coalesce(slots.newest_units, 0)
        end as newest_units
    from lived
    left join slots on lived.place = slots.place and lived.slot = slots.slot

)

select
    {% for weekday in range(7) -%}
        max(mean_units) filter (where weekday = {{ weekday }}) as weekday_{{ weekday }},
        max(newest_units) filter (where weekday = {{ weekday }}) as newest_weekday_{{ weekday }},
    {% endfor -%}
    place
from weekdays
group by place
