{%- set queue = ref('int_demand_nights_queued') -%}

with

nights as (

    select distinct
        day_number,
        known_at
    from {{ queue }}

),

sales as (

    select
        queue.place,
        nights.day_number - entries.day_number as age,
        greatest(sum(entries.sold_quantity) - sum(entries.cancelled_quantity), 0)::double precision
            as units,
        {{ major_units('sum(entries.priced_minor)') }}
        / nullif(greatest(sum(entries.priced_quantity), 0), 0)::double precision as price,
        max(entries.category) filter (where entries.sold_quantity > 0) as category
    from nights
    inner join {{ ref('int_demand_days_booked') }} as entries
        on {{ is_in_night(demand_days()) }}
    inner join {{ queue }} as queue
        on
            nights.day_number = queue.day_number
            and entries.merchant_id = queue.merchant_id
            and entries.product_id = queue.product_id
            and entries.channel = queue.channel
    where {{ is_in_reach(queue, demand_days()) }}
    group by queue.place, nights.day_number - entries.day_number

),

promoted as (

    select
        promotions.place,
        covered.age
    from {{ ref('int_promotions_recalled') }} as promotions
    cross join lateral generate_series(
        greatest(-promotions.last_ahead, 0), least(-promotions.first_ahead, {{ demand_days() }} - 1)
    ) as covered (age)

),

kinds as (

    select
        place,
        age,
        units,
        case when units > 0 then price end as price,
        category,
        false as is_missing,
        false as is_without_stock,
        false as is_promoted
    from sales

    union all

    select
        place,
        age,
        0 as units,
        null as price,
        null as category,
        true as is_missing,
        is_whole_day as is_without_stock,
        false as is_promoted
    from {{ ref('int_stock_shortages_placed') }}

    union all

    select
        place,
        age,
        0 as units,
        null as price,
        null as category,
        false as is_missing,
        false as is_without_stock,
        true as is_promoted
    from promoted

),

-- one row per day with units, with a shortage or with a promotion
days as (

    select
        place,
        age,
        max(units) as units,
        max(price) as price,
        max(category) as category,
        bool_or(is_missing) as is_missing,
        bool_or(is_without_stock) as is_without_stock,
        bool_or(is_promoted) as is_promoted
    from kinds
    group by place, age

),

lived as (

    select
        *,
        max(age) filter (where units > 0) over (partition by place) as first_age
    from days

)

-- the place among the observed days, and among those with units, from the newest one on
select
    place,
    age,
    first_age,
    units,
    price,
    category,
    is_promoted,
    is_missing,
    is_missing and is_without_stock and units = 0 as is_out,
    age - count(*) filter (where is_missing) over newest as observed_rank,
    count(*) filter (where not is_missing and units > 0) over newest - 1 as sold_rank
from lived
where age <= first_age
window newest as (partition by place order by age rows unbounded preceding)
order by place, age
