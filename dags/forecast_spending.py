"""### forecast_spending

Forecasts how much each customer spends by card in the next 30 and 90 days, with an interval of
80 %, every night.

**Reads** the landing area, `raw`, `marts.feat_customers` and the champion of the registered model
`purchasing_power`.
**Writes** `raw`, `decisions.spending_forecasts` and `published/spending_forecasts/`; analysts read
`serving.purchasing_power`.

A window is a day in UTC. The run starts after midnight, when the last transactions of the day have
arrived. A source without card transactions is skipped, and so is each run before `train_models`
has made the first model: the history must reach 91 days. Safe to run again: a published window is
found published and nothing changes. To decide rows again that have a decision, name their ids, a
reason and a person in the form.
"""

from __future__ import annotations

from airflow.sdk import dag

from orchestration import nights
from orchestration.defaults import DAG_DEFAULTS
from orchestration.scoring_dag import wire
from orchestration.tags import Cadence, domain_of
from scoring.domains import FORECAST_SPENDING


@dag(
    schedule=nights.schedule(nights.SPENDING_AFTER),
    params=nights.FORM,
    doc_md=__doc__,
    tags=[domain_of(FORECAST_SPENDING), Cadence.NIGHTLY],
    **DAG_DEFAULTS,
)
def forecast_spending() -> None:
    """Wire the eight steps of the job."""
    wire(
        FORECAST_SPENDING,
        nights.request(nights.SPENDING_AFTER),
        nights.prepare(FORECAST_SPENDING),
    )


forecast_spending()
