{{ config(materialized='view') }}

with

labels as not materialized (

    select * from {{ ref('stg_ledger__transaction_labels') }}

),

versions as not materialized (

    select * from {{ ref('stg_ledger__transaction_versions') }}

),

corrections as not materialized (

    select * from {{ ref('stg_ledger__transaction_corrections') }}

),

newest_versions as (

    select
        versions.transaction_id,
        versions.occurred_at + interval '1 day' * {{ maturity_days() }} as matured_at
    from versions
    where not {{ is_replaced('versions') }}

),

-- no positive label by the moment of maturity counts as a label: the transaction was good
unreported_transactions as (

    select
        newest_versions.transaction_id,
        newest_versions.matured_at
    from newest_versions
    where
        not exists (
            select 1
            from labels
            where
                labels.transaction_id = newest_versions.transaction_id
                and labels.is_fraud
                and labels.known_at <= newest_versions.matured_at
        )

)

select
    transaction_id,
    version as label_version,
    is_fraud,
    known_at,
    provenance,
    provenance_rank
from labels

union all

select
    transaction_id,
    0 as label_version,
    false as is_fraud,
    matured_at as known_at,
    'matured_silence' as provenance,
    2000 as provenance_rank
from unreported_transactions
