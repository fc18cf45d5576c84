-- whole weeks from the night back, the newest is week 0; sums have one order, as in
-- int_demand_nights_summed
with

days as (

    select * from {{ ref('int_demand_days_ordered') }}
    order by place, age

),

weeks as (

    select
        place,
        age / 7 as week_number,
        max(first_age) as first_age,
        count(*) filter (where is_missing) as missing_days,
        coalesce(sum(units) filter (where not is_missing), 0) as units
    from days
    group by place, age / 7

),

ranked as (

    select
        place,
        week_number,
        first_age,
        missing_days = 7 as is_missing,
        -- only a week that began after the series is whole; older weeks than those of the year keep
        -- the row of a series that has sold nothing since
        week_number * 7 + 6 <= least(first_age, {{ demand_year() }} - 1) as is_whole,
        units / nullif(7 - missing_days, 0) as mean_units,
        week_number - count(*) filter (where missing_days = 7) over (
            partition by place order by week_number rows unbounded preceding
        ) as observed_rank
    from weeks
    order by place, week_number

),

summed as (

    select
        place,
        least((max(first_age) + 1) / 7, {{ demand_year() }} / 7)
        - count(*) filter (where is_whole and is_missing) as weeks,
        least((max(first_age) + 1) / 7, 8)
        - count(*) filter (where is_whole and is_missing and week_number < 8) as weeks_8,
        array_sort(
            array_agg(mean_units) filter (where is_whole and mean_units > 0 and week_number < 8)
        ) as sorted_means,
        coalesce(
            sum(power(0.7::double precision, observed_rank) * ln(1 + mean_units)) filter (
                where is_whole and mean_units > 0
            ), 0
        ) as fast_log_means
    from ranked
    group by place

)

select
    place,
    {{ quantile_after_zeros('sorted_means', 'weeks_8', 0.5) }} as week_median_8,
    case when weeks > 0 then fast_log_means / {{ sum_of_weights(0.3, 'weeks') }} end
        as week_log_level_30
from summed
