{#-
    The SQL of the book of frauds. A transaction gets one entry when it starts to count as a fraud,
    and one entry with the opposite sign when it no longer counts: its label is revoked, or its row
    is corrected. Fraud rates are of payments, so refunds and reversals get none. An entry counts from the maturity of its day, or from its own known_at if later.
-#}
{% macro fraud_book() -%}
{%- set position = book_position(maturity_days() | int) -%}
with

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

versions as not materialized (

    select * from {{ ref('stg_ledger__transaction_versions') }}

),

labels as not materialized (

    select * from {{ ref('stg_ledger__transaction_labels') }}

),

{{ fraud_states(position) }},

changes as (

    select
        states.*,
        lag(version) over past as old_version,
        lag(customer_id) over past as old_customer_id,
        lag(occurred_at) over past as old_occurred_at,
        coalesce(lag(is_fraud) over past, false) as was_fraud
    from states
    window past as (partition by transaction_id order by known_at)

),

lines as (

    select
        transaction_id, version, customer_id, occurred_at, known_at, delivery_seq, 1 as sign
    from changes
    where is_fraud and not (was_fraud and old_version = version)

    union all

    select
        transaction_id, old_version, old_customer_id, old_occurred_at, known_at, delivery_seq, -1
    from changes
    where was_fraud and not (is_fraud and old_version = version)

),

entries as (

    select
        transactions.transaction_id,
        transactions.merchant_id,
        transactions.card_bin,
        transactions.device_id,
        {{ utc_day('transactions.occurred_at') }} as day_number,
        greatest(
            lines.known_at,
            {{ day_start(utc_day('transactions.occurred_at') ~ ' + 1 + ' ~ maturity_days()) }}
        ) as known_at,
        lines.sign as fraud_count
    from lines
    inner join transactions
        on
            lines.customer_id = transactions.customer_id
            and lines.occurred_at = transactions.occurred_at
            and lines.transaction_id = transactions.transaction_id
            and lines.version = transactions.version
    where
        transactions.is_payment
        and {{ is_newly_booked(position, 'lines.delivery_seq', 'lines.occurred_at') }}
        and {{ within_days('transactions.occurred_at', days_changed(position)) }}

)

select
    entries.*,
    entries.known_at > {{ day_start('entries.day_number + 1 + ' ~ maturity_days()) }} as is_late,
    {{ position.new_seq }}::bigint as booked_seq,
    {{ position.new_until }} as booked_until
from entries

union all

select
    null as transaction_id,
    null as merchant_id,
    null as card_bin,
    null as device_id,
    null as day_number,
    null as known_at,
    0 as fraud_count,
    false as is_late,
    {{ position.new_seq }}::bigint as booked_seq,
    {{ position.new_until }} as booked_until
where {{ has_moved(position) }}
{%- endmacro %}
