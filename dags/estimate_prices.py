"""### estimate_prices

Estimates, once a week, how demand answers to regular prices and to promotions: the price elasticity
of each category of each merchant, and what its promotions added, took from other products and took
from later weeks.

**Reads** `raw`, `marts.fct_price_days`: two years of daily units, prices, promotions and stock, as
known when the run was due.
**Writes** `decisions.price_estimates`, one transaction per merchant, and an event per merchant into
`audit.events`; merchants and analysts read `serving.price_elasticity` and
`serving.promotion_uplift`.

A category that cannot tell says so, with the reason. A merchant whose history cannot be estimated
stops no other: the task writes all others, then fails and names it. A source without sales is
skipped. Safe to run again: the same moment and data write nothing twice.
"""

from __future__ import annotations

from airflow.sdk import chain, dag, get_current_context, task

from orchestration import prices, steps, training
from orchestration.defaults import DAG_DEFAULTS
from orchestration.tags import Cadence, domain_of
from orchestration.timetables import FromNowOn
from scoring.domains import FORECAST_DEMAND


@dag(
    # after the forecasts of the night, which have admitted the files of the day
    schedule=FromNowOn("0 5 * * 0", timezone="UTC"),
    params=prices.FORM,
    doc_md=__doc__,
    tags=[domain_of(FORECAST_DEMAND), Cadence.WEEKLY],
    **DAG_DEFAULTS,
)
def estimate_prices() -> None:
    """Wire the build of the day book of demand, and the estimation."""

    @task
    def build() -> steps.Receipt:
        prices.order(get_current_context())  # a wrong form is refused before any write
        return training.build(FORECAST_DEMAND.name)

    @task
    def estimate() -> steps.Receipt:
        return prices.estimate(get_current_context())

    chain(build(), estimate())


estimate_prices()
