with

pending as (

    select * from {{ ref('int_applications_queued') }}

),

versions as not materialized (

    select * from {{ ref('stg_ledger__transaction_versions') }}

),

corrections as not materialized (

    select * from {{ ref('stg_ledger__transaction_corrections') }}

),

labels as not materialized (

    select * from {{ ref('stg_ledger__transaction_labels') }}

),

-- frauds are rare: the join starts with them, not with the transactions of the customers
reported_transactions as (

    select distinct transaction_id
    from labels
    where is_fraud

),

customer_transactions as (

    select
        pending.row_id,
        pending.applied_at,
        versions.transaction_id
    from reported_transactions
    inner join versions
        on reported_transactions.transaction_id = versions.transaction_id
    inner join pending
        on
            versions.customer_id = pending.customer_id
            and versions.occurred_at < pending.applied_at
            and versions.known_at <= pending.known_at
    where not {{ is_replaced('versions', by='pending.known_at') }}

),

-- per transaction, the newest label known before the application
newest_labels as (

    select distinct on (customer_transactions.row_id, customer_transactions.transaction_id)
        customer_transactions.row_id,
        labels.is_fraud
    from customer_transactions
    inner join labels
        on
            customer_transactions.transaction_id = labels.transaction_id
            and customer_transactions.applied_at >= labels.known_at
    order by
        customer_transactions.row_id asc, customer_transactions.transaction_id asc,
        labels.known_at desc, labels.provenance_rank asc, labels.version desc

)

select
    row_id,
    count(*) as customer_fraud_confirmed_count
from newest_labels
where is_fraud
group by row_id
