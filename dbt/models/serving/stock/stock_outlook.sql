with

plans as not materialized (

    select * from {{ ref('fct_newest_stock_plans') }}

)

select
    merchant_id,
    product_id,
    category,
    department,
    day_at,
    stock_class,
    stock_status,
    on_hand,
    reserved,
    buffered,
    available,
    inbound,
    overdue_units,
    counted_age_days,
    uncounted_places,
    {{ rounded_money('on_hand * unit_cost') }} as stock_cost,
    (select sum(units) from unnest(expected_units[:7]) as units) as expected_units_7d,
    (select sum(units) from unnest(expected_units) as units) as expected_units_28d,
    days_of_cover,
    run_out_probability,
    unpreventable_probability,
    expected_lost as expected_lost_units,
    {{ rounded_money('expected_lost * unit_margin') }} as expected_lost_margin,
    service_level,
    period_demand,
    order_day,
    order_units,
    is_dead,
    days_since_sale,
    excess_units,
    {{ rounded_money('excess_units * unit_cost') }} as excess_cost,
    expiring_units,
    {{ rounded_money('expiring_units * unit_cost') }} as expiring_cost,
    is_degraded,
    policy_version,
    feature_view,
    run_id,
    decided_at,
    decision_id
from plans
