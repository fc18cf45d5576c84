{#- the whole weeks that a variation covers -#}
{%- set weeks = 13 -%}

with

nights as (

    select
        nights.place,
        nights.day_number,
        sums.counted_places,
        least((sums.age_days + 1) / 7, {{ weeks }}) as whole_weeks
    from {{ ref('int_stock_nights_queued') }} as nights
    inner join {{ ref('int_stock_nights_summed') }} as sums on nights.place = sums.place

),

-- the times without pieces at a place, within the weeks
stock as (

    select
        noted.place,
        noted.location,
        greatest(
            noted.happened_at, {{ day_start('nights.day_number - ' ~ (7 * weeks - 1)) }}
        ) as happened_at,
        noted.until_at,
        noted.balance as pieces,
        null::timestamptz as known_at
    from {{ ref('int_stock_levels_noted') }} as noted
    inner join nights on noted.place = nights.place
    where noted.note = 'short'

),

{{ shortage_days(['place', 'location']) }},

-- no counted place had a piece at any moment of the day
short_days as (

    select
        shortages.place,
        nights.day_number - shortages.day_number as age
    from shortages
    inner join nights on shortages.place = nights.place
    where shortages.is_whole_day
    group by shortages.place, nights.counted_places, nights.day_number - shortages.day_number
    having count(*) = nights.counted_places

),

weeks as (

    select
        place,
        week_number,
        sum(units) as units,
        bool_or(is_missing) as is_missing
    from (
        select
            place,
            week_number,
            units,
            false as is_missing
        from {{ ref('int_stock_weeks_summed') }}
        where week_number < {{ weeks }}
        union all
        select
            place,
            age / 7 as week_number,
            0 as units,
            true as is_missing
        from short_days
    ) as kinds
    group by place, week_number

),

-- a week without a row has no units
sums as (

    select
        nights.place,
        nights.whole_weeks - count(*) filter (where weeks.is_missing) as weeks,
        coalesce(sum(weeks.units) filter (where not weeks.is_missing), 0) as units,
        coalesce(sum(weeks.units * weeks.units) filter (where not weeks.is_missing), 0) as squares
    from nights
    left join weeks
        on nights.place = weeks.place and nights.whole_weeks > weeks.week_number
    group by nights.place, nights.whole_weeks

)

select
    place,
    case
        when weeks >= 2 and units > 0
            then
                sqrt((weeks * squares - units * units)::double precision)
                / units::double precision
    end as weekly_variation
from sums
