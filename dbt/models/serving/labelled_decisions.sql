with

decisions as (

    select * from {{ ref('latest_transaction_decisions') }}

),

labels as (

    select * from {{ ref('fct_transaction_labels') }}

),

clock as (

    select last_known_at from {{ source('ledger', 'ledger_clock') }}

)

select
    decisions.*,
    newest.is_fraud as label_is_fraud,
    newest.provenance as label_provenance,
    newest.known_at as label_known_at
from decisions
cross join clock
left join lateral (
    select
        labels.is_fraud,
        labels.provenance,
        labels.known_at
    from labels
    where
        labels.transaction_id = decisions.transaction_id
        and labels.known_at <= clock.last_known_at
    order by labels.known_at desc, labels.provenance_rank, labels.label_version desc
    limit 1
) as newest on true
