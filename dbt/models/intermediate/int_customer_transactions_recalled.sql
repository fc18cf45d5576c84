with

pending as (

    select * from {{ ref('int_transactions_pending') }}

),

transactions as (

    select * from {{ ref('stg_ledger__transactions') }}

),

asking_customers as (

    select
        customer_id,
        min({{ day_start('day_number') }}) - interval '720 hours' as since,
        max(occurred_at) as until
    from pending
    group by customer_id

),

candidates as (

    select
        transactions.*,
        pending.row_id,
        {{ day_start('pending.day_number') }} - interval '720 hours' as since
    from asking_customers
    inner join transactions
        on
            asking_customers.customer_id = transactions.customer_id
            and transactions.occurred_at between asking_customers.since and asking_customers.until
    left join pending
        on
            transactions.transaction_id = pending.transaction_id
            and transactions.version = pending.version
    where
        transactions.occurred_at >= (select min(since) from asking_customers)
        and transactions.occurred_at <= (select max(until) from asking_customers)
        and transactions.delivery_seq <= (select max(ledger_seq) from pending)

),

{{ readings('customer_id') }}

select
    readings.reading_id,
    {{ row_id_in_its_reading() }} as row_id,
    addressed.transaction_id,
    addressed.version,
    addressed.occurred_at,
    {{ utc_day('addressed.occurred_at') }} as day_number,
    addressed.amount_base_minor,
    addressed.merchant_id,
    addressed.device_id,
    addressed.location_code,
    addressed.ip_address,
    addressed.channel,
    addressed.category,
    addressed.currency,
    addressed.type,
    addressed.card_bin
from readings
inner join addressed
    on {{ reading_sees('customer_id') }}
