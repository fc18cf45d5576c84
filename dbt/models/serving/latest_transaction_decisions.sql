with

decisions as not materialized (

    select * from {{ source('decisions', 'transaction_decisions') }}

),

features as not materialized (

    select * from {{ ref('feat_transactions') }}

)

select
    'transactions/' || decisions.transaction_id || '/' || decisions.revision as decision_id,
    decisions.transaction_id,
    decisions.revision,
    decisions.version,
    decisions.customer_id,
    decisions.occurred_at,
    decisions.decision,
    decisions.decision = 'decline' as is_fraud,
    decisions.fraud_probability,
    decisions.anomaly_score,
    features.amount,
    {{ inclusive_windows('features', ['3h', '6h', '12h', '24h']) }},
    decisions.reasons,
    decisions.rule_hits,
    decisions.is_degraded,
    decisions.model_version,
    decisions.policy_version,
    decisions.feature_view,
    decisions.run_id,
    decisions.decided_at,
    decisions.processing_time_ms
from decisions
left join features
    on
        decisions.transaction_id = features.transaction_id
        and decisions.version = features.version
where
    -- the partial index on later revisions answers this; most decisions have none
    not exists (
        select 1
        from decisions as newer
        where
            newer.transaction_id = decisions.transaction_id
            and newer.revision > decisions.revision
            and newer.revision > 0
    )
