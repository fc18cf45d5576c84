with

plans as not materialized (

    select * from {{ ref('fct_newest_stock_plans') }}

)

select
    plans.merchant_id,
    plans.product_id,
    plans.category,
    plans.department,
    plans.day_at,
    plans.stock_class,
    transfers.from_location,
    transfers.to_location,
    transfers.units,
    plans.run_id,
    plans.decided_at,
    plans.decision_id
from plans
cross join lateral unnest(plans.transfer_from, plans.transfer_to, plans.transfer_units)
    as transfers (from_location, to_location, units)
