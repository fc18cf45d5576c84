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
    -- the contract counts the row itself, if it is a payment; the features of these names exclude it
    {% for window in ['3h', '6h', '12h', '24h'] -%}
        {{ inclusive_count('features', window) }} as customer_transaction_count_{{ window }},
        {{ inclusive_average('features', window) }} as customer_avg_amount_{{ window }},
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
