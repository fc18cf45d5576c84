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
    decisions.fraud_probability,
    decisions.anomaly_score,
    {{ kind_of('features') }} as kind,
    features.amount,
    {% for window in ['3h', '6h', '12h', '24h'] -%}
        features.customer_transaction_count_{{ window }},
        features.customer_amount_avg_{{ window }},
    {% endfor %}
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
where {{ is_latest('decisions', 'transaction_id') }}
