{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        indexes=[
            {'columns': ['card_customer_night_id', 'version'], 'unique': true},
            {'columns': ['delivery_seq']},
            {'columns': ['day_at']},
        ],
    )
}}

with

pending as (

    select * from {{ ref('int_card_customer_nights_queued') }}

),

spending as (

    select * from {{ ref('int_card_customer_nights_summed') }}

),

categories as (

    select * from {{ ref('int_card_categories_summed') }}

),

-- per pending night, the days of the look-back since the first transaction of the feed
observed as (

    select
        nights.day_number,
        greatest(
            least(
                nights.day_number - {{ utc_day('min(deliveries.first_occurred_at)') }} + 1,
                {{ card_days() }}
            ),
            1
        ) as observed_days
    from (
        select distinct
            day_number,
            delivery_seq
        from pending
    ) as nights
    inner join {{ ref('stg_ledger__deliveries') }} as deliveries
        on nights.delivery_seq >= deliveries.delivery_seq
    where deliveries.feed = 'transactions'
    group by nights.day_number

)

select
    pending.card_customer_night_id,
    pending.version,
    pending.customer_id,
    pending.day_at,
    pending.known_at,
    pending.delivery_seq,
    pending.is_history,
    coalesce(categories.category_spend_30d, '{}') as category_spend_30d,
    coalesce(categories.category_spend_90d, '{}') as category_spend_90d,
    {{ major_units('coalesce(spending.amount_minor_7d, 0)') }} as spend_7d,
    {{ major_units('coalesce(spending.amount_minor_30d, 0)') }} as spend_30d,
    {{ major_units('coalesce(spending.amount_minor_60d - spending.amount_minor_30d, 0)') }}
        as spend_60d_to_30d,
    {{ major_units('coalesce(spending.amount_minor_90d - spending.amount_minor_60d, 0)') }}
        as spend_90d_to_60d,
    {{ major_units('coalesce(spending.amount_minor_90d, 0)') }} as spend_90d,
    {{ major_units('coalesce(spending.amount_minor_90d, 0)') }} * 30 / observed.observed_days
        as mean_30d,
    spending.amount_minor_30d::double precision
    / (nullif(spending.amount_minor_90d - spending.amount_minor_30d, 0)::double precision / 2)
        as trend,
    coalesce(spending.purchase_count_30d, 0) as transaction_count_30d,
    coalesce(spending.purchase_count_90d, 0) as transaction_count_90d,
    coalesce(spending.active_days_30d, 0) as active_days_30d,
    coalesce(spending.active_days_90d, 0) as active_days_90d,
    pending.day_number - spending.first_day as tenure_days,
    pending.day_number - spending.last_day as recency_days,
    observed.observed_days,
    {{ major_units('spending.amount_minor_90d') }} / nullif(spending.priced_count, 0)
        as mean_transaction_90d,
    {{ major_units('spending.usual_minor') }} as usual_transaction_90d,
    {{ major_units('spending.largest_day_minor') }} as largest_day_90d,
    coalesce(categories.category_count, 0) as category_count_90d,
    categories.category_top_share as category_top_share_90d,
    spending.weekend_minor::double precision / nullif(spending.amount_minor_90d, 0)
        as weekend_share_90d
from pending
inner join observed on pending.day_number = observed.day_number
left join spending
    on pending.day_number = spending.night_number and pending.customer_id = spending.customer_id
left join categories
    on pending.day_number = categories.night_number and pending.customer_id = categories.customer_id
