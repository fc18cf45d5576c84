{{ config(materialized='view') }}

with

book as not materialized (

    select * from {{ ref('int_demand_days_booked') }}

),

spans as (

    select
        merchant_id,
        max(day_number) as last_day,
        greatest(min(day_number), max(day_number) - {{ price_days() }} + 1) as first_day
    from book
    where known_at <= {{ as_of() }}
    group by merchant_id

),

sales as (

    select
        book.merchant_id,
        book.product_id,
        book.channel,
        book.day_number,
        max(spans.first_day) as first_day,
        max(spans.last_day) as last_day,
        greatest(sum(book.sold_quantity) - sum(book.cancelled_quantity), 0)::double precision
            as units,
        {{ major_units('sum(book.priced_minor)') }}
        / nullif(greatest(sum(book.priced_quantity), 0), 0)::double precision as price,
        max(book.category) filter (where book.sold_quantity > 0) as category
    from book
    inner join spans
        on
            book.merchant_id = spans.merchant_id
            and book.day_number between spans.first_day and spans.last_day
    where book.known_at <= {{ as_of() }}
    group by book.merchant_id, book.product_id, book.channel, book.day_number

),

series as (

    select distinct
        merchant_id,
        product_id,
        channel,
        first_day,
        last_day
    from sales

),

-- the newest version of a promotion that was known
known as (

    select distinct on (promotion_id)
        merchant_id,
        product_id,
        channel,
        {{ major_units('price_minor') }} as price,
        starts_on - date '1970-01-01' as starts_day,
        ends_on - date '1970-01-01' as ends_day
    from {{ ref('stg_ledger__promotions') }}
    where known_at <= {{ as_of() }}
    order by promotion_id asc, version desc

),

facts as (

    select
        merchant_id,
        product_id,
        channel,
        day_number,
        units,
        case when units > 0 then price end as price,
        null::double precision as offered_price,
        category,
        false as is_missing,
        false as is_promoted
    from sales

    union all

    select
        series.merchant_id,
        series.product_id,
        series.channel,
        shortages.day_number,
        0 as units,
        null as price,
        null as offered_price,
        null as category,
        true as is_missing,
        false as is_promoted
    from {{ ref('fct_shortage_days') }} as shortages
    inner join series
        on
            shortages.merchant_id = series.merchant_id
            and shortages.product_id = series.product_id
            and shortages.channel = series.channel
            and shortages.day_number between series.first_day and series.last_day

    union all

    select
        series.merchant_id,
        series.product_id,
        series.channel,
        covered.day_number,
        0 as units,
        null as price,
        known.price as offered_price,
        null as category,
        false as is_missing,
        true as is_promoted
    from known
    inner join series
        on
            known.merchant_id = series.merchant_id
            and known.product_id = series.product_id
            and coalesce(known.channel, series.channel) = series.channel
    cross join lateral generate_series(
        greatest(known.starts_day, series.first_day), least(known.ends_day, series.last_day)
    ) as covered (day_number)

)

select
    merchant_id,
    product_id,
    channel,
    day_number,
    max(units) as units,
    coalesce(max(price), min(offered_price)) as price,
    max(category) as category,
    bool_or(is_missing) as is_missing,
    bool_or(is_promoted) as is_promoted
from facts
group by merchant_id, product_id, channel, day_number
