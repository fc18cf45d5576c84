with

runs as (

    select * from {{ source('decisions', 'runs') }}

),

nights as (

    select max(window_start) as day_at
    from runs
    where job = 'value_customers' and state = 'published' and rows_published > 0

),

decided as not materialized (

    select * from {{ source('decisions', 'customer_values') }}

),

features as not materialized (

    select * from {{ ref('feat_customer_nights') }}

)

select
    decided.merchant_id,
    decided.customer_id,
    decided.day_at,
    decided.p_active,
    decided.expected_purchases_30d,
    decided.expected_purchases_90d,
    decided.expected_spend_30d,
    decided.expected_spend_90d,
    decided.value_method,
    features.recency_days,
    features.frequency,
    features.mean_basket,
    features.net_90d,
    decided.is_degraded,
    decided.model_version,
    decided.feature_view,
    decided.run_id,
    decided.decided_at,
    'customer_nights/' || decided.customer_night_id || '/' || decided.revision as decision_id
from decided
inner join nights on decided.day_at = nights.day_at
left join features
    on
        decided.customer_night_id = features.customer_night_id
        and decided.version = features.version
where {{ is_latest('decided', 'customer_night_id') }}
