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
    decisions.decision_id,
    decisions.transaction_id,
    decisions.revision,
    decisions.version,
    decisions.customer_id,
    decisions.occurred_at,
    decisions.decision,
    decisions.fraud_probability,
    decisions.anomaly_score,
    decisions.amount,
    decisions.customer_transaction_count_3h,
    decisions.customer_amount_avg_3h,
    decisions.customer_transaction_count_6h,
    decisions.customer_amount_avg_6h,
    decisions.customer_transaction_count_12h,
    decisions.customer_amount_avg_12h,
    decisions.customer_transaction_count_24h,
    decisions.customer_amount_avg_24h,
    decisions.reasons,
    decisions.rule_hits,
    decisions.is_degraded,
    decisions.model_version,
    decisions.policy_version,
    decisions.feature_view,
    decisions.run_id,
    decisions.decided_at,
    decisions.processing_time_ms,
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
    order by labels.known_at desc, labels.provenance_rank asc, labels.label_version desc
    limit 1
) as newest on true
