{%- set position = queue_position() -%}

with

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

)
select
    row_number() over () as row_id,
    transactions.transaction_id,
    transactions.version,
    transactions.delivery_seq,
    transactions.customer_id,
    transactions.merchant_id,
    transactions.device_id,
    transactions.card_bin,
    transactions.ip_address,
    transactions.location_code,
    transactions.channel,
    transactions.kind,
    transactions.category,
    transactions.currency,
    transactions.transaction_type,
    transactions.amount_base_minor,
    transactions.spent_base_minor,
    transactions.merchant_risk_score,
    transactions.card_risk_score,
    transactions.customer_risk_score,
    transactions.customer_latitude,
    transactions.customer_longitude,
    transactions.merchant_latitude,
    transactions.merchant_longitude,
    transactions.is_payment,
    transactions.is_history,
    transactions.is_velocity_alert,
    transactions.is_location_alert,
    transactions.is_device_alert,
    transactions.is_high_value,
    transactions.occurred_at,
    transactions.known_at,
    {{ utc_day('transactions.occurred_at') }} as day_number,
    {{ position.newest }}::bigint as ledger_seq
from transactions
where
    {{ within_days('transactions.occurred_at', days_queued(position)) }}
    and transactions.delivery_seq > {{ position.built }}
    and transactions.delivery_seq <= {{ position.newest }}
    and {{ is_queued('transactions') }}
