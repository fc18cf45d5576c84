with

runs as (

    select run_id
    from {{ source('decisions', 'runs') }}
    where exceptions_sha256 is not null

),

transaction_decisions as (

    select * from {{ source('decisions', 'transaction_decisions') }}

),

application_decisions as (

    select * from {{ source('decisions', 'application_decisions') }}

),

transaction_labels as (

    select * from {{ ref('fct_transaction_labels') }}

),

application_labels as (

    select * from {{ ref('fct_application_labels') }}

),

clock as (

    select last_known_at from {{ source('ledger', 'ledger_clock') }}

),

-- only a run that has pinned exceptions can have a decision that names one
changed_transactions as (

    select
        decided.transaction_id,
        decided.revision,
        named.exception_id::uuid as exception_id
    from runs
    inner join transaction_decisions as decided on runs.run_id = decided.run_id
    cross join lateral jsonb_array_elements(decided.reasons) as reasons (reason)
    cross join
        lateral jsonb_array_elements_text(reasons.reason -> 'exceptions') as named (exception_id)
    where
        decided.reasons @> '[{"origin": "override"}]'
        and reasons.reason ->> 'origin' = 'override'

),

changed_applications as (

    select
        decided.application_id,
        decided.revision,
        named.exception_id::uuid as exception_id
    from runs
    inner join application_decisions as decided on runs.run_id = decided.run_id
    cross join lateral jsonb_array_elements(decided.reasons) as reasons (reason)
    cross join
        lateral jsonb_array_elements_text(reasons.reason -> 'exceptions') as named (exception_id)
    where
        decided.reasons @> '[{"origin": "override"}]'
        and reasons.reason ->> 'origin' = 'override'

)

select
    changed_transactions.exception_id,
    'transactions/'
    || changed_transactions.transaction_id || '/' || changed_transactions.revision as decision_id,
    newest.is_fraud as is_bad
from changed_transactions
cross join clock
left join lateral (
    select transaction_labels.is_fraud
    from transaction_labels
    where
        transaction_labels.transaction_id = changed_transactions.transaction_id
        and transaction_labels.known_at <= clock.last_known_at
    order by
        transaction_labels.known_at desc,
        transaction_labels.provenance_rank asc,
        transaction_labels.label_version desc
    limit 1
) as newest on true
union all
select
    changed_applications.exception_id,
    'applications/'
    || changed_applications.application_id || '/' || changed_applications.revision as decision_id,
    newest.is_default as is_bad
from changed_applications
cross join clock
left join lateral (
    select application_labels.is_default
    from application_labels
    where
        application_labels.application_id = changed_applications.application_id
        and application_labels.known_at <= clock.last_known_at
    order by
        application_labels.known_at desc,
        application_labels.provenance_rank asc,
        application_labels.label_version desc
    limit 1
) as newest on true
