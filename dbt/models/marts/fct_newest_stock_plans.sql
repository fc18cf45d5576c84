{{ config(materialized='view') }}

with

runs as (

    select * from {{ source('decisions', 'runs') }}

),

nights as (

    select max(window_start) as day_at
    from runs
    where job = 'plan_stock' and state = 'published' and rows_published > 0

),

ledger as not materialized (

    select * from {{ source('decisions', 'stock_plans') }}

),

features as not materialized (

    select * from {{ ref('feat_stock') }}

)

select
    ledger.merchant_id,
    ledger.product_id,
    features.category,
    features.department,
    ledger.day_at,
    ledger.stock_class,
    ledger.stock_status,
    ledger.on_hand,
    ledger.reserved,
    ledger.buffered,
    ledger.available,
    ledger.inbound,
    features.overdue_units,
    features.counted_age_days,
    features.uncounted_places,
    features.days_since_sale,
    features.unit_cost,
    features.unit_margin,
    features.lead_time_days,
    features.minimum_order,
    features.pack_units,
    ledger.expected_units,
    ledger.service_level,
    ledger.days_of_cover,
    ledger.run_out_probability,
    ledger.unpreventable_probability,
    ledger.expected_lost,
    ledger.period_demand,
    (ledger.day_at at time zone 'UTC')::date + 1 + ledger.order_in_days as order_day,
    ledger.order_need,
    ledger.order_units,
    ledger.order_overshoot,
    ledger.saved_units,
    ledger.is_dead,
    ledger.excess_units,
    ledger.expiring_units,
    ledger.transfer_from,
    ledger.transfer_to,
    ledger.transfer_units,
    ledger.is_degraded,
    ledger.policy_version,
    ledger.feature_view,
    ledger.run_id,
    ledger.decided_at,
    'stock/' || ledger.stock_night_id || '/' || ledger.revision as decision_id
from ledger
inner join nights on ledger.day_at = nights.day_at
left join features
    on
        ledger.stock_night_id = features.stock_night_id
        and ledger.version = features.version
where {{ is_latest('ledger', 'stock_night_id') }}
