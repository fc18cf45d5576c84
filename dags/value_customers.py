"""### value_customers

Forecasts the purchases and the spend of each customer of a merchant, and whether the customer is
still active, every night.

**Reads** the landing area, `raw`, `marts.feat_customer_nights` and the champion of the registered
model `customer_value`.
**Writes** `raw`, `decisions.customer_values` and `published/customer_values/`; merchants and
analysts read `serving.customer_value`.

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
from scoring.domains import VALUE_CUSTOMERS


@dag(
    schedule=nights.schedule(nights.VALUES_AFTER),
    params=nights.FORM,
    doc_md=__doc__,
    tags=[domain_of(VALUE_CUSTOMERS), Cadence.NIGHTLY],
    **DAG_DEFAULTS,
)
def value_customers() -> None:
    """Wire the eight steps of the job."""
    wire(
        VALUE_CUSTOMERS,
        nights.request(nights.VALUES_AFTER),
        nights.prepare(VALUE_CUSTOMERS),
    )


value_customers()
