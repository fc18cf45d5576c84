"""Read the rows of a page about a run of `plan_stock`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from features.platform import database
from scoring.pages.plans import AT_RISK, Plan, Plans, PlanTotal

_TOTALS = """
select
    planned_class as stock_class, stock_status as status, is_degraded, count(*) as products,
    count(*) filter (where order_units > 0) as orders,
    sum(order_units) as order_units,
    sum(expected_lost) as expected_lost,
    count(*) filter (where run_out_probability >= 0.5) as likely_out,
    count(*) filter (where is_dead) as dead,
    sum(excess_units) as excess_units,
    sum(expiring_units) as expiring_units,
    coalesce(sum(cardinality(transfer_units)), 0)::bigint as transfers
from (
    select
        *,
        case when not is_degraded then stock_class end as planned_class
    from decisions.stock_plans
    where run_id = %s
) as plans
group by planned_class, stock_status, is_degraded
order by is_degraded, planned_class, products desc
"""
_AT_RISK = """
select
    ledger.merchant_id, ledger.product_id, features.category,
    (ledger.day_at at time zone 'UTC')::date as night,
    'stock/' || ledger.stock_night_id || '/' || ledger.revision as decision_id,
    ledger.stock_class, ledger.service_level, ledger.on_hand, ledger.available, ledger.inbound,
    ledger.expected_units, ledger.days_of_cover, ledger.run_out_probability,
    ledger.unpreventable_probability, ledger.expected_lost, ledger.order_in_days,
    ledger.order_units, ledger.saved_units, ledger.transfer_from, ledger.transfer_to,
    ledger.transfer_units, features.inbound_units, features.inbound_due
from decisions.stock_plans as ledger
left join marts.feat_stock as features
    on
        ledger.stock_night_id = features.stock_night_id
        and ledger.version = features.version
where ledger.run_id = %s and not ledger.is_degraded
order by
    -- as in serving.stock_outlook: by the margin that is lost if nothing is ordered
    ledger.expected_lost * features.unit_margin desc nulls last,
    ledger.expected_lost desc,
    ledger.product_id,
    ledger.stock_night_id
limit %s
"""


def plans(connection: psycopg.Connection[Any], run_id: UUID) -> Plans:
    """Return the rows of a published run.

    Args:
        connection: of role `score`.
        run_id: of a run of `plan_stock`.
    """
    with connection.cursor(row_factory=class_row(PlanTotal)) as cursor:
        totals = database.fetch_all(cursor, "sum plans by class", _TOTALS, (run_id,))
    with connection.cursor(row_factory=class_row(Plan)) as cursor:
        at_risk = database.fetch_all(
            cursor, "read the products at risk", _AT_RISK, (run_id, AT_RISK)
        )
    return Plans(totals=totals, at_risk=at_risk)
