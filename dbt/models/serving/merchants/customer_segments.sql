with

night as (

    select * from {{ ref('fct_newest_night') }}

),

segments as not materialized (

    select * from {{ source('decisions', 'customer_segments') }}

),

features as not materialized (

    select * from {{ ref('feat_customer_nights') }}

),

newest as not materialized (

    select segments.*
    from segments
    inner join night on segments.day_at = night.day_at
    where {{ is_latest('segments', 'customer_night_id') }}

),

earlier as not materialized (

    select segments.*
    from segments
    inner join night on segments.day_at = night.day_at - interval '30 days'
    where {{ is_latest('segments', 'customer_night_id') }}

)

select
    newest.merchant_id,
    newest.customer_id,
    newest.day_at,
    newest.segment,
    newest.segment_name,
    newest.own_distance,
    newest.runner_up,
    newest.runner_up_distance,
    newest.nearest,
    newest.nights_off,
    newest.previous_segment,
    newest.move_reason,
    earlier.segment as segment_30d_ago,
    newest.segment <> earlier.segment as moved_30d,
    features.recency_days,
    features.frequency,
    features.monetary,
    features.tenure_days,
    features.purchase_days_90d,
    features.net_90d,
    features.return_share,
    features.discount_share,
    newest.is_degraded,
    newest.model_version,
    newest.feature_view,
    newest.run_id,
    newest.decided_at,
    'customer_nights/' || newest.customer_night_id || '/' || newest.revision as decision_id
from newest
left join features
    on newest.customer_night_id = features.customer_night_id and newest.version = features.version
left join earlier
    on newest.merchant_id = earlier.merchant_id and newest.customer_id = earlier.customer_id
