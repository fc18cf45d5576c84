{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        indexes=[{'columns': ['merchant_id', 'day_at', 'category'], 'unique': true}],
        post_hook="{{ row_level_security() }}",
    )
}}
{%- set book = ref('int_category_days_booked') %}

with

all_nights as (

    select
        day_at,
        {{ utc_day('day_at') }} as day_number,
        known_at,
        is_history,
        max(day_at) filter (where not is_history) over () as newest_day_at
    from {{ ref('stg_ledger__sales_nights') }}
    -- a night is summed once, so it waits until the book has read its delivery
    where delivery_seq <= (select max(book.booked_seq) from {{ book }} as book)

),

-- readers see the newest night; the ends of months are for measurements
nights as (

    select * from all_nights
    where
        (is_history or day_at = newest_day_at)
        {%- if var('rebuild', false) %}
            and false
        {%- elif is_incremental() %}
            and day_at not in (select kept.day_at from {{ this }} as kept)
        {%- endif %}

),

days as (

    select
        nights.day_at,
        entries.merchant_id,
        entries.customer_id,
        entries.category,
        entries.day_number,
        sum(entries.net_minor)::bigint as net_minor
    from nights
    inner join {{ book }} as entries on {{ is_in_night(look_back_days()) }}
    where entries.customer_id is not null and entries.category is not null
    group by 1, 2, 3, 4, 5
    having sum(entries.net_minor) > 0

),

customer_categories as (

    select
        day_at,
        merchant_id,
        customer_id,
        category,
        count(*) as purchases,
        sum(net_minor)::bigint as net_minor
    from days
    group by 1, 2, 3, 4

),

-- pairs are the ways to draw two purchases of one customer
merchants as (

    select
        day_at,
        merchant_id,
        sum(purchases) as purchases,
        sum(purchases * (purchases - 1)) as pairs
    from (
        select
            day_at,
            merchant_id,
            customer_id,
            sum(purchases)::bigint as purchases
        from customer_categories
        group by 1, 2, 3
    ) as customers
    group by 1, 2

),

categories as (

    select
        day_at,
        merchant_id,
        category,
        count(*) as customers,
        sum(purchases) as purchases,
        sum(net_minor) as net_minor,
        sum(purchases * (purchases - 1)) as pairs
    from customer_categories
    group by 1, 2, 3

),

shares as (

    select
        categories.merchant_id,
        categories.day_at,
        categories.category,
        categories.customers,
        categories.purchases,
        categories.net_minor,
        merchants.purchases as merchant_purchases,
        categories.purchases::double precision / merchants.purchases::double precision
            as merchant_share,
        categories.pairs::double precision / nullif(merchants.pairs, 0)::double precision
            as pair_share
    from categories
    inner join merchants
        on
            categories.merchant_id = merchants.merchant_id
            and categories.day_at = merchants.day_at

)

select
    merchant_id,
    day_at,
    category,
    customers,
    purchases,
    net_minor,
    merchant_purchases,
    merchant_share,
    -- how alike two purchases of one customer are, beyond the share of the category
    {{ bounded_strength(
        'coalesce((pair_share - merchant_share ^ 2) / nullif(merchant_share * (1 - merchant_share), 0), 0)'
    ) }} as strength,
    row_number() over (partition by merchant_id, day_at order by purchases desc, category asc)
        as place
from shares
