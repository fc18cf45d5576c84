-- sums of numbers depend on their order in the last bit, so each series is read from its newest day
-- on; no aggregate has an order of its own, for which Postgres would read all in that order
with

days as (

    select
        *,
        not is_missing as is_observed,
        not is_missing and age < {{ demand_year() }} as is_of_year,
        not is_missing and age < {{ demand_year() }} and units > 0 as is_sold,
        ln(1 + units) as log_units,
        power(0.9::double precision, observed_rank) as slow_weight,
        power(0.7::double precision, observed_rank) as fast_weight,
        power(0.9::double precision, sold_rank) as sold_weight
    from {{ ref('int_demand_days_ordered') }}
    order by place, age

)

select
    place,
    max(first_age) as age_days,
    min(age) filter (where units > 0) as days_since_sale,
    {% for days in [7, 28, 56, 91, 364] -%}
        count(*) filter (where is_missing and age < {{ days }}) as missing_days_{{ days }},
        coalesce(sum(units) filter (where is_observed and age < {{ days }}), 0)
            as observed_units_{{ days }},
    {% endfor -%}
    {% for name, first, last in [('year_ago_28', 336, 363), ('year_ago_56', 364, 419)] -%}
        count(*) filter (where is_missing and age between {{ first }} and {{ last }})
            as missing_days_{{ name }},
        coalesce(
            sum(units) filter (where is_observed and age between {{ first }} and {{ last }}), 0
        ) as observed_units_{{ name }},
        coalesce(sum(units) filter (where age between {{ first }} and {{ last }}), 0)
            as units_{{ name }},
    {% endfor -%}
    coalesce(sum(units) filter (where age < 28), 0) as units_28,
    coalesce(sum(units) filter (where age < {{ demand_year() }}), 0) as units_364,
    count(*) filter (where is_out and age < 56) as out_days_56,
    count(*) filter (where is_missing and not is_out and age < 56) as partial_days_56,
    count(*) filter (where is_promoted and age < 56) as promoted_days_56,
    -- exponential sums over the year
    {% for speed in ['slow', 'fast'] -%}
        coalesce(sum({{ speed }}_weight * units) filter (where is_of_year), 0)
            as {{ speed }}_units,
        coalesce(sum({{ speed }}_weight * log_units) filter (where is_of_year), 0)
            as {{ speed }}_log_units,
    {% endfor -%}
    coalesce(sum(slow_weight) filter (where is_sold), 0) as slow_sold,
    coalesce(sum(sold_weight * units) filter (where is_sold), 0) as slow_sold_units,
    coalesce(sum(sold_weight * observed_rank) filter (where is_sold), 0) as slow_sold_rank,
    min(observed_rank) filter (where is_sold) as newest_sold_rank,
    max(observed_rank) filter (where is_sold) as oldest_sold_rank,
    count(*) filter (where is_sold) as sold_days_364,
    count(*) filter (where is_sold and age < 28) as sold_days_28,
    avg(units) filter (where is_sold) as sold_mean,
    var_pop(units) filter (where is_sold) as sold_variance,
    -- the least-squares line of 56 days
    coalesce(sum(age) filter (where is_missing and age < 56), 0) as missing_age_sum,
    coalesce(sum(age * age) filter (where is_missing and age < 56), 0) as missing_age_squares,
    coalesce(sum(age * units) filter (where is_observed and age < 56), 0) as age_units,
    {% for days in [28, 56] -%}
        array_sort(
            array_agg(units) filter (where is_observed and units > 0 and age < {{ days }})
        ) as sorted_units_{{ days }},
    {% endfor -%}
    count(*) filter (where is_of_year and is_promoted) as promoted_days_364,
    coalesce(sum(units) filter (where is_of_year and is_promoted), 0) as promoted_units_364,
    coalesce(sum(units) filter (where is_of_year and not is_promoted), 0) as other_units_364,
    -- the newest price and category, and prices weighed by units
    (array_agg(price) filter (where price is not null))[1] as price,
    (array_agg(category) filter (where category is not null))[1] as category,
    sum(price * units) filter (where price is not null and age < 91) as paid_91,
    sum(units) filter (where price is not null and age < 91) as priced_units_91,
    sum(price * units) filter (where price is not null and age < 91 and not is_promoted)
        as regular_paid_91,
    sum(units) filter (where price is not null and age < 91 and not is_promoted)
        as regular_units_91
from days
group by place
