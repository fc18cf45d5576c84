with

admissions as not materialized (

    select * from {{ ref('stg_ledger__deliveries') }}

),

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

-- delivery_seq is given under the ingest lock: up to its newest value, nothing can still appear
ledger as (

    select
        {{ built_seq() }} as built_seq,
        max(admissions.delivery_seq) as ledger_seq
    from admissions

),

-- a new delivery may hold late rows: it says how far back, and older days are not opened
horizon as (

    select min(coalesce(admissions.first_occurred_at, '-infinity')) as opened_at
    from admissions
    cross join ledger
    where
        admissions.feed = 'transactions'
        and admissions.rows_admitted > 0
        and admissions.delivery_seq > ledger.built_seq

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
    transactions.category,
    transactions.currency,
    transactions.transaction_type,
    transactions.amount_base_minor,
    transactions.merchant_risk_score,
    transactions.card_risk_score,
    transactions.customer_risk_score,
    transactions.is_history,
    transactions.is_velocity_alert,
    transactions.is_location_alert,
    transactions.is_device_alert,
    transactions.is_high_value,
    transactions.occurred_at,
    transactions.known_at,
    {{ utc_day('transactions.occurred_at') }} as day_number,
    ledger.ledger_seq
from transactions
cross join ledger
where
    transactions.occurred_at >= (select horizon.opened_at from horizon)
    and transactions.delivery_seq > (select positions.built_seq from ledger as positions)
    and transactions.delivery_seq <= (select newest.ledger_seq from ledger as newest)
    and {{ has_no_features('transactions') }}
