{%- set days_read = days_before_pending(90, 'int_applications_queued') -%}

with

pending as (

    select * from {{ ref('int_applications_queued') }}

),

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

),

corrections as not materialized (

    select * from {{ ref('stg_ledger__transaction_corrections') }}

),

-- [applied_at - 90 days, applied_at), in the versions known when the pending row became known
spending as (

    select
        pending.row_id,
        transactions.spent_base_minor,
        transactions.occurred_at >= pending.applied_at - interval '720 hours' as is_recent
    from pending
    inner join transactions
        on
            pending.customer_id = transactions.customer_id
            and pending.applied_at > transactions.occurred_at
            and pending.applied_at - interval '2160 hours' <= transactions.occurred_at
            and pending.known_at >= transactions.known_at
            and pending.ledger_seq >= transactions.delivery_seq
    where
        {{ within_days('transactions.occurred_at', days_read) }}
        and not {{ is_replaced('transactions', by='pending.known_at') }}

)

select
    row_id,
    sum(spent_base_minor) filter (where is_recent) as customer_spend_minor_30d,
    sum(spent_base_minor) as customer_spend_minor_90d
from spending
group by row_id
