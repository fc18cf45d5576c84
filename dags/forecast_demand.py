"""### forecast_demand

Forecasts the units of each product and channel of a merchant on each of the next 28 days, every
night: a mean, and the quantiles of 10, 50 and 90 %.

**Reads** the landing area, `raw`, `marts.feat_demand` and the champion of the registered model
`demand`.
**Writes** `raw`, `decisions.demand_forecasts` and `published/demand_forecasts/`; merchants and
analysts read `serving.demand_forecasts` and `serving.forecast_accuracy`.

A window is a day in UTC. The run starts after midnight, when the sales of the day have arrived. A
source without sales is skipped. Safe to run again: a published window is found published and
nothing changes. To decide rows again that have a decision, name their ids, a reason and a person in
the form.
"""

from __future__ import annotations

from airflow.sdk import dag

from orchestration import nights
from orchestration.defaults import DAG_DEFAULTS
from orchestration.scoring_dag import wire
from orchestration.tags import Cadence, domain_of
from scoring.domains import FORECAST_DEMAND


@dag(
    schedule=nights.schedule(nights.DEMAND_AFTER),
    params=nights.FORM,
    doc_md=__doc__,
    tags=[domain_of(FORECAST_DEMAND), Cadence.NIGHTLY],
    **DAG_DEFAULTS,
)
def forecast_demand() -> None:
    """Wire the eight steps of the job."""
    wire(
        FORECAST_DEMAND,
        nights.request(nights.DEMAND_AFTER),
        nights.prepare(FORECAST_DEMAND),
    )


forecast_demand()
