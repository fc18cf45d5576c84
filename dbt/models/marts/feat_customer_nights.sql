{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        indexes=[
            {'columns': ['customer_night_id', 'version'], 'unique': true},
            {'columns': ['delivery_seq']},
            {'columns': ['day_at']},
        ],
        post_hook="{{ row_level_security() }}",
    )
}}

with

pending as (

    select * from {{ ref('int_customer_nights_queued') }}

),

sales as (

    select * from {{ ref('int_customer_nights_summed') }}

),

channels as (

    select * from {{ ref('int_customer_channels_counted') }}

),

categories as (

    select * from {{ ref('int_customer_categories_counted') }}

),

cards as (

    select * from {{ ref('int_customer_cards_summed') }}

)

select
    pending.customer_night_id,
    pending.version,
    pending.merchant_id,
    pending.customer_id,
    pending.day_at,
    pending.known_at,
    pending.delivery_seq,
    pending.is_history,
    pending.day_number - sales.last_day as recency_days,
    coalesce(sales.purchase_days, 0) as frequency,
    {{ major_units('coalesce(sales.net_minor, 0)') }} as monetary,
    pending.day_number - sales.first_day as tenure_days,
    greatest(coalesce(sales.purchase_days, 0) - 1, 0) as repeat_count,
    sales.last_day - sales.first_day as first_to_last_days,
    (sales.last_day - sales.first_day)::double precision / nullif(sales.purchase_days - 1, 0)
        as mean_interpurchase_days,
    {{ major_units('coalesce(sales.net_minor_30d, 0)') }} as net_30d,
    {{ major_units('coalesce(sales.net_minor_90d, 0)') }} as net_90d,
    {{ major_units('coalesce(sales.net_minor_365d, 0)') }} as net_365d,
    coalesce(sales.purchase_days_30d, 0) as purchase_days_30d,
    coalesce(sales.purchase_days_90d, 0) as purchase_days_90d,
    {{ major_units('sales.purchased_minor') }} / nullif(sales.purchase_days, 0) as mean_basket,
    {{ major_units('sales.purchased_minor - sales.first_minor') }}
    / nullif(sales.purchase_days - 1, 0) as value_mean,
    sales.returned_minor::double precision
    / nullif(greatest(sales.gross_minor - sales.discount_minor, sales.returned_minor), 0)
        as return_share,
    sales.discount_minor::double precision
    / nullif(greatest(sales.gross_minor, sales.discount_minor), 0) as discount_share,
    channels.channel_top_share,
    coalesce(channels.channel_count, 0) as channel_count,
    coalesce(categories.category_count, 0) as category_count,
    categories.category_top_share,
    sales.weekend_days::double precision / nullif(sales.purchase_days, 0) as is_weekend_share,
    coalesce(sales.last_day = pending.day_number, false) as purchased_tonight,
    {% for span in [30, 90] -%}
        case
            when {{ are_ids_shared() }}
                then {{ major_units('coalesce(cards.amount_minor_' ~ span ~ 'd, 0)') }}
        end as card_spend_{{ span }}d,
    {% endfor -%}
    greatest(sales.net_minor_90d, 0)::double precision / nullif(cards.amount_minor_90d, 0)
        as wallet_share_90d
from pending
left join sales
    on
        pending.day_number = sales.night_number
        and pending.merchant_id = sales.merchant_id
        and pending.customer_id = sales.customer_id
left join channels
    on
        pending.day_number = channels.night_number
        and pending.merchant_id = channels.merchant_id
        and pending.customer_id = channels.customer_id
left join categories
    on
        pending.day_number = categories.night_number
        and pending.merchant_id = categories.merchant_id
        and pending.customer_id = categories.customer_id
left join cards
    on
        pending.day_number = cards.night_number
        and pending.customer_id = cards.customer_id
