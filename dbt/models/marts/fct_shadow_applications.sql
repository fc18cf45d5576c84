{{ config(materialized='view') }}

with

shadow_runs as not materialized (

    select * from {{ source('decisions', 'shadow_runs') }}

),

would_be as not materialized (

    select * from {{ source('decisions', 'shadow_decisions') }}

),

decisions as not materialized (

    select * from {{ source('decisions', 'application_decisions') }}

),

features as not materialized (

    select * from {{ ref('feat_applications') }}

)

select
    shadow_runs.model,
    decisions.model_version as champion_version,
    shadow_runs.version as challenger_version,
    shadow_runs.run_id,
    'applications/' || decisions.application_id || '/' || decisions.revision as decision_id,
    decisions.applied_at as event_time,
    (decisions.applied_at at time zone 'UTC')::date as event_day,
    coalesce(features.purpose_group, 'unknown') as segment,
    {{ major_units('features.requested_amount_base_minor') }} as amount,
    decisions.credit_status as champion_status,
    would_be.status as challenger_status,
    decisions.default_probability as champion_score,
    would_be.score as challenger_score,
    decisions.decision as champion_decision,
    would_be.decision as challenger_decision,
    decisions.reasons as champion_reasons,
    would_be.reasons as challenger_reasons
from shadow_runs
inner join would_be on shadow_runs.shadow_id = would_be.shadow_id
inner join decisions
    on
        would_be.subject_id = decisions.application_id
        and would_be.revision = decisions.revision
left join features
    on
        decisions.application_id = features.application_id
        and decisions.version = features.version
where
    shadow_runs.job = 'score_applications'
    -- under a split the challenger itself decides some rows: beside itself it shows nothing
    and decisions.model_version is distinct from shadow_runs.version
