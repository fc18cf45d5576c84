with

decisions as not materialized (

    select * from {{ source('decisions', 'application_decisions') }}

),

runs as not materialized (

    select * from {{ source('decisions', 'runs') }}

),

currencies as not materialized (

    select * from {{ ref('currencies') }}

)

select
    'applications/' || decisions.application_id || '/' || decisions.revision as decision_id,
    decisions.application_id,
    decisions.revision,
    decisions.version,
    decisions.customer_id,
    decisions.applied_at,
    decisions.decision,
    decisions.prediction,
    decisions.default_probability as probability,
    100 * decisions.default_probability as risk_score,
    decisions.grade,
    decisions.pd_horizon_months,
    decisions.confidence,
    decisions.currency_code,
    decisions.requested_amount_minor,
    decisions.recommended_limit_minor,
    {{ currency_units('decisions.recommended_limit_minor', 'currencies.exponent') }}
        as recommended_amount,
    decisions.limit_binding,
    decisions.is_counter_offer,
    decisions.is_overridden,
    decisions.reasons,
    decisions.rule_hits,
    decisions.fraud_state,
    decisions.fraud_highest_probability,
    decisions.fraud_decision_ids,
    decisions.is_degraded,
    decisions.credit_status,
    decisions.model_version,
    decisions.policy_version,
    decisions.feature_view,
    runs.requested_by as request_id,
    decisions.run_id,
    decisions.decided_at,
    decisions.processing_time_ms
from decisions
left join runs on decisions.run_id = runs.run_id
left join currencies on decisions.currency_code = currencies.currency_code
where {{ is_latest('decisions', 'application_id') }}
