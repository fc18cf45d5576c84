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

-- frauds are rare: they lead to customers, and not the customers' transactions to frauds
suspects as (

    select distinct transaction_id
    from labels
    where is_fraud

),

suffered as (

    select
        pending.row_id,
        pending.applied_at,
        versions.transaction_id
    from suspects
    inner join versions
        on suspects.transaction_id = versions.transaction_id
    inner join pending
        on
            versions.customer_id = pending.customer_id
            and versions.occurred_at < pending.applied_at
            and versions.known_at <= pending.known_at
    where not {{ is_replaced('versions', by='pending.known_at') }}

),

-- what was said of each, last of all before somebody applied
told as (

    select distinct on (suffered.row_id, suffered.transaction_id)
        suffered.row_id,
        labels.is_fraud
    from suffered
    inner join labels
        on
            suffered.transaction_id = labels.transaction_id
            and suffered.applied_at >= labels.known_at
    order by
        suffered.row_id asc, suffered.transaction_id asc,
        labels.known_at desc, labels.provenance_rank asc, labels.version desc

)

select
    row_id,
    count(*) as customer_fraud_confirmed_count
from told
where is_fraud
group by row_id
