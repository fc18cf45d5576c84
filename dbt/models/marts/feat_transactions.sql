{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        full_refresh=false,
        indexes=[
            {'columns': ['transaction_id', 'version'], 'unique': true}, {'columns': ['delivery_seq']},
        ],
        post_hook='create index if not exists feat_transactions_spikes on {{ this }} '
        '(customer_id, occurred_at) where customer_amount_ratio_30d > {{ spike_ratio() }}',
    )
}}

with

pending as (

    select * from {{ ref('int_transactions_queued') }}

),

placed as (

    select * from {{ ref('int_transactions_placed') }}

),

customers as (

    select * from {{ ref('int_customers_described') }}

),

counterparties as (

    select * from {{ ref('int_counterparties_described') }}

)

select
    pending.transaction_id,
    pending.version,
    pending.customer_id,
    pending.merchant_id,
    pending.occurred_at,
    pending.known_at,
    pending.delivery_seq,
    pending.is_history,
    2 as view_version,
    pending.amount_base_minor,
    {{ per_span('customers.customer_priced_count', ['3h', '6h', '12h', '24h', '7d', '30d']) }},
    {{ major_units('pending.amount_base_minor') }} as amount,
    placed.local_hour,
    placed.is_weekend,
    placed.is_night,
    customers.customer_same_instant_count,
    {{ per_span('customers.customer_transaction_count', ['3h', '6h', '12h', '24h', '7d', '30d']) }},
    {{ per_span('customers.customer_amount_sum', ['3h', '6h', '12h', '24h', '7d', '30d']) }},
    {{ per_span('customers.customer_amount_avg', ['3h', '6h', '12h', '24h', '7d', '30d']) }},
    customers.customer_amount_ratio_30d,
    customers.customer_amount_avg_30d_to_14d,
    customers.customer_amount_ratio_30d_to_14d,
    customers.customer_amount_avg_7d_ratio_30d_to_14d,
    {{ per_span('customers.customer_spike_share', ['7d', '14d']) }},
    placed.customer_seconds_since_previous,
    placed.customer_km_since_previous,
    placed.customer_kmh_since_previous,
    customers.customer_merchant_distinct_24h,
    customers.customer_device_distinct_24h,
    customers.customer_location_distinct_24h,
    customers.customer_ip_address_distinct_24h,
    customers.is_new_device,
    customers.is_new_location,
    customers.is_new_merchant,
    customers.customer_channel_frequency_30d,
    customers.customer_category_frequency_30d,
    customers.customer_currency_frequency_30d,
    customers.customer_type_frequency_30d,
    customers.customer_card_bin_frequency_30d,
    {{ per_span('counterparties.merchant_transaction_count', ['1d', '7d', '30d']) }},
    {{ per_span('counterparties.merchant_matured_count', ['1d', '7d', '30d']) }},
    {{ per_span('counterparties.merchant_fraud_rate', ['1d', '7d', '30d']) }},
    {{ per_span('counterparties.merchant_fraud_count', ['3d', '14d', '21d']) }},
    {{ per_span('counterparties.merchant_fraud_rate', ['3d', '14d', '21d']) }},
    counterparties.card_bin_fraud_rate_30d,
    counterparties.device_fraud_rate_30d,
    -- other customers, and the row's own customer if it used the device or address before
    case
        when pending.device_id is not null
            then
                coalesce(counterparties.device_other_customer_distinct_24h, 0)
                + customers.has_used_device_24h::integer
    end as device_customer_distinct_24h,
    case
        when pending.ip_address is not null
            then
                coalesce(counterparties.ip_address_other_customer_distinct_24h, 0)
                + customers.has_used_ip_address_24h::integer
    end as ip_address_customer_distinct_24h,
    pending.merchant_risk_score,
    pending.card_risk_score,
    pending.customer_risk_score,
    pending.is_velocity_alert,
    pending.is_location_alert,
    pending.is_device_alert,
    pending.is_high_value,
    -- appended by version 2
    pending.kind = 'refund' as is_refund,
    pending.kind = 'reversal' as is_reversal,
    pending.kind = 'check' as is_check,
    customers.customer_check_count_24h,
    customers.customer_refund_count_30d,
    customers.customer_refund_share_30d,
    counterparties.merchant_check_share_7d,
    counterparties.merchant_refund_share_30d,
    placed.customer_merchant_km,
    placed.is_foreign,
    placed.customer_tenure_days,
    placed.merchant_tenure_days
from pending
inner join placed on pending.row_id = placed.row_id
inner join customers on pending.row_id = customers.row_id
inner join counterparties on pending.row_id = counterparties.row_id
