{%- set ages -%} (lived_days_56 * (lived_days_56 - 1) / 2 - missing_age_sum) {%- endset -%}
{%- set squares -%}
    ((lived_days_56 - 1) * lived_days_56 * (2 * lived_days_56 - 1) / 6 - missing_age_squares)
{%- endset -%}

with

sums as (

    select
        *,
        {% for days in [7, 28, 56, 91, 364] -%}
            {{ observed_days(days) }}::integer as observed_days_{{ days }},
        {% endfor -%}
        {{ lived_days(56) }} as lived_days_56
    from {{ ref('int_demand_nights_summed') }}

),

stocked as (

    select distinct place from {{ ref('int_stock_changes_followed') }}

)

select
    sums.place,
    sums.age_days,
    sums.days_since_sale,
    sums.observed_days_56,
    sums.observed_days_364,
    sums.out_days_56::double precision / sums.lived_days_56 as out_share_56,
    sums.partial_days_56::double precision / sums.lived_days_56 as partial_share_56,
    stocked.place is not null as is_stock_known,
    {% for days in [7, 28, 56, 91, 364] -%}
        sums.observed_units_{{ days }} / nullif(sums.observed_days_{{ days }}, 0)
            as units_{{ days }},
    {% endfor -%}
    {% for name, days, share in [
        ('median_28', 28, 0.5), ('median_56', 56, 0.5), ('low_56', 56, 0.1), ('high_56', 56, 0.9)
    ] -%}
        {{ quantile_after_zeros('sums.sorted_units_' ~ days, 'sums.observed_days_' ~ days, share) }}
            as {{ name }},
    {% endfor -%}
    -- exponential means of the observed days of a year
    {% for name, speed, smoothing in [('10', 'slow', 0.1), ('30', 'fast', 0.3)] -%}
        sums.{{ speed }}_units
        / nullif({{ sum_of_weights(smoothing, 'sums.observed_days_364') }}, 0) as level_{{ name }},
        sums.{{ speed }}_log_units
        / nullif({{ sum_of_weights(smoothing, 'sums.observed_days_364') }}, 0)
            as log_level_{{ name }},
    {% endfor -%}
    -- a sum of weights in steps may exceed the closed form in the last bit
    least(sums.slow_sold, {{ sum_of_weights(0.1, 'sums.observed_days_364') }})
    / nullif({{ sum_of_weights(0.1, 'sums.observed_days_364') }}, 0) as tsb_probability_10,
    sums.slow_sold_units / nullif({{ sum_of_weights(0.1, 'sums.sold_days_364') }}, 0)
        as tsb_size_10,
    -- the gaps between ranks r(k) of days with units: the sum of 0.9^k (r(k + 1) - r(k)) from the
    -- sum of 0.9^k r(k)
    case
        when sums.sold_days_364 > 1
            then
                (
                    (sums.slow_sold_rank - sums.newest_sold_rank) / 0.9::double precision
                    - sums.slow_sold_rank
                    + sums.oldest_sold_rank
                    * power(0.9::double precision, sums.sold_days_364 - 1)
                ) / {{ sum_of_weights(0.1, '(sums.sold_days_364 - 1)') }}
    end as croston_interval_10,
    -- a line over the days before the night: more days before are less time
    (
        -sums.observed_days_56 * sums.age_units + {{ ages }} * sums.observed_units_56
    ) / nullif(sums.observed_days_56 * {{ squares }} - {{ ages }} * {{ ages }}, 0) as slope_56,
    sums.observed_days_364::double precision / nullif(sums.sold_days_364, 0) as adi_364,
    sums.sold_variance / (sums.sold_mean * sums.sold_mean) as cv2_364,
    (sums.observed_days_28 - sums.sold_days_28)::double precision
    / nullif(sums.observed_days_28, 0) as zero_share_28,
    {% for name, days, before in [('year_ago_28', 364, 336), ('year_ago_56', 420, 364)] -%}
        sums.observed_units_{{ name }}
        / nullif(
            greatest({{ lived_days(days) }} - {{ before }}, 0) - sums.missing_days_{{ name }}, 0
        ) as {{ name }},
    {% endfor -%}
    sums.price,
    sums.price / nullif(sums.paid_91 / nullif(sums.priced_units_91, 0), 0) as price_ratio_91,
    coalesce(sums.regular_paid_91 / nullif(sums.regular_units_91, 0), sums.price) as regular_price,
    sums.promoted_days_56::double precision / sums.lived_days_56 as promoted_share_56,
    sums.promoted_units_364
    / nullif(sums.promoted_days_364, 0)
    / nullif(
        sums.other_units_364 / nullif(sums.observed_days_364 - sums.promoted_days_364, 0), 0
    ) as promoted_lift_364
from sums
left join stocked on sums.place = stocked.place
