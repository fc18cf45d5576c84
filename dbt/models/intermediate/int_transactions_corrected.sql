-- a table, not a view: its statistics tell Postgres how few corrections there are
with

pending as (

    select * from {{ ref('int_transactions_queued') }}

),

corrections as (

    select * from {{ ref('stg_ledger__transaction_corrections') }}

)

select
    corrections.transaction_id,
    max(corrections.version) as newest_version
from corrections
-- only what the queue knew: another delivery may be admitted during the build
where corrections.delivery_seq <= (select max(pending.ledger_seq) from pending)
group by corrections.transaction_id
