{{ config(materialized='view') }}

with

shadow_runs as not materialized (

    select * from {{ source('decisions', 'shadow_runs') }}

),

would_be as not materialized (

    select * from {{ source('decisions', 'shadow_decisions') }}

),

decisions as not materialized (

    select * from {{ source('decisions', 'transaction_decisions') }}

),

features as not materialized (

    select * from {{ ref('feat_transactions') }}

),

transactions as not materialized (

    select * from {{ ref('stg_ledger__transactions') }}

)

select
    shadow_runs.model,
    decisions.model_version as champion_version,
    shadow_runs.version as challenger_version,
    shadow_runs.run_id,
    'transactions/' || decisions.transaction_id || '/' || decisions.revision as decision_id,
    decisions.occurred_at as event_time,
    (decisions.occurred_at at time zone 'UTC')::date as event_day,
    coalesce(transactions.channel, 'unknown') as segment,
    features.amount,
    decisions.fraud_status as champion_status,
    would_be.status as challenger_status,
    decisions.fraud_probability as champion_score,
    would_be.score as challenger_score,
    decisions.decision as champion_decision,
    would_be.decision as challenger_decision,
    decisions.reasons as champion_reasons,
    would_be.reasons as challenger_reasons
from shadow_runs
inner join would_be on shadow_runs.shadow_id = would_be.shadow_id
inner join decisions
    on
        would_be.subject_id = decisions.transaction_id
        and would_be.revision = decisions.revision
left join features
    on
        decisions.transaction_id = features.transaction_id
        and decisions.version = features.version
left join transactions
    on
        decisions.transaction_id = transactions.transaction_id
        and decisions.version = transactions.version
        and decisions.occurred_at = transactions.occurred_at
where
    shadow_runs.job = 'score_transactions'
    -- under a split the challenger itself decides some rows: beside itself it shows nothing
    and decisions.model_version is distinct from shadow_runs.version
