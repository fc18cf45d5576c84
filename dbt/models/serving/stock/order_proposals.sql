with

proposals as not materialized (

    select
        *,
        {{ rounded_money('order_units * unit_cost') }} as order_cost,
        {{ rounded_money('saved_units * unit_margin') }} as saved_margin
    from {{ ref('fct_newest_stock_plans') }}
    where order_units > 0

),

-- as scoring.stock.budget: an unknown margin counts as 0, and a free order comes first
ranked as not materialized (

    select
        *,
        case
            when order_cost is not null
                then row_number() over (
                    partition by merchant_id
                    order by
                        order_cost is null,
                        order_cost > 0,
                        coalesce(saved_margin, 0) / nullif(order_cost, 0) desc,
                        product_id
                )
        end as priority_rank
    from proposals

)

select
    merchant_id,
    product_id,
    category,
    department,
    day_at,
    stock_class,
    order_day,
    order_units,
    order_need,
    order_overshoot,
    pack_units,
    minimum_order,
    lead_time_days,
    available,
    inbound,
    run_out_probability,
    saved_units,
    saved_margin,
    unit_cost,
    order_cost,
    (saved_margin / nullif(order_cost, 0))::double precision as margin_per_cost,
    priority_rank,
    case
        when priority_rank is not null
            then sum(order_cost) over (
                partition by merchant_id
                order by priority_rank rows unbounded preceding
            )
    end as cost_until_here,
    policy_version,
    feature_view,
    run_id,
    decided_at,
    decision_id
from ranked
