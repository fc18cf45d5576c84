with

pending as (

    select * from {{ ref('int_transactions_queued') }}

),

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

asking_customers as (

    select
        customer_id,
        min({{ day_start('day_number') }}) - interval '720 hours' as reaches_to,
        max(occurred_at) as asked_until
    from pending
    group by customer_id

),

candidates as (

    select
        transactions.*,
        pending.row_id,
        {{ day_start('pending.day_number') }} - interval '720 hours' as reaches_to
    from asking_customers
    inner join transactions
        on
            asking_customers.customer_id = transactions.customer_id
            and asking_customers.reaches_to <= transactions.occurred_at
            and asking_customers.asked_until >= transactions.occurred_at
    left join pending
        on
            transactions.transaction_id = pending.transaction_id
            and transactions.version = pending.version
    where
        {{ within_days('transactions.occurred_at', days_asked(30)) }}
        and transactions.delivery_seq <= (select max(known.ledger_seq) from pending as known)

),

{{ readings('customer_id') }}

select
    readings.reading_id,
    {{ row_id_in_its_reading() }} as row_id,
    addressed.transaction_id,
    addressed.version,
    addressed.occurred_at,
    {{ utc_day('addressed.occurred_at') }} as day_number,
    addressed.occurred_at >= readings.recent_from as is_recent,
    addressed.amount_base_minor,
    addressed.merchant_id,
    addressed.device_id,
    addressed.location_code,
    addressed.ip_address,
    addressed.channel,
    addressed.category,
    addressed.currency,
    addressed.transaction_type,
    addressed.card_bin
from readings
inner join addressed
    on {{ reading_sees('customer_id') }}
