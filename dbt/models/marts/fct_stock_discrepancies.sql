{#- a merchant whose newest night has none keeps none of before -#}
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        indexes=[{'columns': ['merchant_id', 'product_id']}],
        pre_hook="{{ forget_merchants(ref('int_stock_nights_queued')) if is_incremental() }}",
        post_hook="{{ row_level_security() }}",
    )
}}

with

-- the newest night of each merchant
nights as (

    select *
    from (
        select
            place,
            stock_night_id,
            version,
            merchant_id,
            product_id,
            day_at,
            day_number,
            max(day_number) over (partition by merchant_id) as newest_day
        from {{ ref('int_stock_nights_queued') }}
    ) as queue
    where day_number = newest_day

),

noted as (

    select * from {{ ref('int_stock_levels_noted') }}

),

found as (

    select
        place,
        location,
        'count_gap' as kind,
        balance as size,
        happened_at as appeared_at
    from noted
    where note = 'gap'

    union all

    -- the lowest balance since a count, from the first change below zero on
    select
        place,
        location,
        'below_zero' as kind,
        min(balance) as size,
        min(happened_at) as appeared_at
    from noted
    where note = 'short' and balance < 0
    group by place, location, span

    union all

    select
        place,
        location,
        'never_counted' as kind,
        balance as size,
        first_at as appeared_at
    from noted
    where note = 'stock' and counted_at is null

    union all

    select
        place,
        location,
        'over_reserved' as kind,
        balance - reserved as size,
        happened_at as appeared_at
    from noted
    where note = 'stock' and reserved > 0 and balance < reserved

)

select
    nights.merchant_id,
    nights.product_id,
    found.location,
    found.kind,
    found.size::double precision as size,
    found.appeared_at,
    nights.day_at,
    extract(
        epoch from {{ day_start('nights.day_number + 1') }} - found.appeared_at
    )::double precision / 86400 as age_days,
    nights.stock_night_id,
    nights.version
from found
inner join nights on found.place = nights.place
