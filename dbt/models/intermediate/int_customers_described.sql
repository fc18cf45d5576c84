{{ config(materialized='ephemeral') }}

with

pending as (

    select * from {{ ref('int_transactions_queued') }}

),

windows as (

    select * from {{ ref('int_customer_windows_summed') }}

),

customer_values as (

    select * from {{ ref('int_customer_values_compared') }}

),

habits as (

    select * from {{ ref('int_customer_habits_counted') }}

),

days as (

    select * from {{ ref('int_customer_days_summed') }}

),

spikes as (

    select * from {{ ref('int_customer_spikes_counted') }}

)

select
    pending.row_id,
    windows.customer_same_instant_count,
    {{ customer_window_features('windows', ['3h', '6h', '12h', '24h']) }},
    {{ customer_window_features('days', ['7d', '30d']) }},
    {{ amount_ratio_30d('pending', 'days') }} as customer_amount_ratio_30d,
    {{ major_units('days.customer_amount_minor_30d_to_14d') }}
    / nullif(days.customer_priced_count_30d_to_14d, 0) as customer_amount_avg_30d_to_14d,
    {{
        amount_ratio(
            'pending.amount_base_minor',
            'days.customer_amount_minor_30d_to_14d',
            'days.customer_priced_count_30d_to_14d',
        )
    }} as customer_amount_ratio_30d_to_14d,
    (days.customer_amount_minor_7d::double precision / nullif(days.customer_priced_count_7d, 0))
    / nullif(
        days.customer_amount_minor_30d_to_14d::double precision
        / nullif(days.customer_priced_count_30d_to_14d, 0), 0
    ) as customer_amount_avg_7d_ratio_30d_to_14d,
    coalesce(spikes.customer_spike_count_7d, 0)::double precision
    / nullif(days.customer_transaction_count_7d, 0) as customer_spike_share_7d,
    coalesce(spikes.customer_spike_count_14d, 0)::double precision
    / nullif(days.customer_transaction_count_14d, 0) as customer_spike_share_14d,
    customer_values.is_new_device,
    customer_values.is_new_location,
    customer_values.is_new_merchant,
    customer_values.has_used_device_24h,
    customer_values.has_used_ip_address_24h,
    customer_values.customer_merchant_distinct_24h,
    customer_values.customer_device_distinct_24h,
    customer_values.customer_location_distinct_24h,
    customer_values.customer_ip_address_distinct_24h,
    habits.customer_channel_frequency_30d,
    habits.customer_category_frequency_30d,
    habits.customer_currency_frequency_30d,
    habits.customer_type_frequency_30d,
    habits.customer_card_bin_frequency_30d
from pending
left join windows on pending.row_id = windows.row_id
left join customer_values on pending.row_id = customer_values.row_id
left join habits on pending.row_id = habits.row_id
left join days on pending.row_id = days.row_id
left join spikes on pending.row_id = spikes.row_id
