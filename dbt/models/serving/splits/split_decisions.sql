with

runs as not materialized (

    select * from {{ source('decisions', 'runs') }}

),

transactions as not materialized (

    select * from {{ ref('labelled_decisions') }}

),

applications as not materialized (

    select * from {{ ref('latest_application_decisions') }}

),

application_labels as not materialized (

    select * from {{ ref('fct_application_labels') }}

),

clock as not materialized (

    select last_known_at from {{ source('ledger', 'ledger_clock') }}

)

select
    runs.models -> 'fraud_challenger' as challenger,
    runs.models -> 'fraud' as champion,
    transactions.decision_id,
    transactions.customer_id,
    transactions.model_version,
    transactions.decision,
    transactions.amount as stake_amount,
    transactions.label_is_fraud as is_bad
from runs
inner join transactions on runs.run_id = transactions.run_id
where runs.models -> 'fraud_challenger' is not null

union all

select
    runs.models -> 'credit_challenger' as challenger,
    runs.models -> 'credit' as champion,
    applications.decision_id,
    applications.customer_id,
    applications.model_version,
    applications.decision,
    applications.recommended_amount as stake_amount,
    newest.is_default as is_bad
from runs
inner join applications on runs.run_id = applications.run_id
cross join clock
left join lateral (
    select labels.is_default
    from application_labels as labels
    where
        labels.application_id = applications.application_id
        and labels.known_at <= clock.last_known_at
    order by labels.known_at desc, labels.provenance_rank asc, labels.label_version desc
    limit 1
) as newest on true
where runs.models -> 'credit_challenger' is not null
