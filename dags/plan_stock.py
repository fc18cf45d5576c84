"""### plan_stock

Plans the stock of each product of a merchant, every night: the pieces that can be sold, how likely
they run out, the order to place, transfers between channels, and pieces that do not sell or expire.

**Reads** the landing area, `raw`, `marts.feat_stock`, `decisions.demand_forecasts`,
`decisions.forecast_overrides` and the part `stock` of the policy in force.
**Writes** `raw`, `decisions.stock_plans` and `published/stock_plans/`; merchants and analysts read
`serving.stock_outlook`, `serving.order_proposals` and `serving.transfer_proposals`.

A window is a day in UTC. The run starts after that of `forecast_demand`, whose forecasts of the day
it reads: without them the task `admit` fails and is tried again. While `demand` has no model, or
where the forecast of a product is missing, the plan of the product says so. A source without stock
levels is skipped. Safe to run again: a published window is found published and nothing changes. To
decide rows again that have a decision, name their ids, a reason and a person in the form.
"""

from __future__ import annotations

from airflow.sdk import dag

from orchestration import nights
from orchestration.defaults import DAG_DEFAULTS
from orchestration.scoring_dag import wire
from orchestration.tags import Cadence, domain_of
from scoring.domains import PLAN_STOCK


@dag(
    schedule=nights.schedule(nights.STOCK_AFTER),
    params=nights.FORM,
    doc_md=__doc__,
    tags=[domain_of(PLAN_STOCK), Cadence.NIGHTLY],
    **DAG_DEFAULTS,
)
def plan_stock() -> None:
    """Wire the eight steps of the job."""
    wire(
        PLAN_STOCK,
        nights.request(nights.STOCK_AFTER),
        nights.prepare(PLAN_STOCK),
    )


plan_stock()
