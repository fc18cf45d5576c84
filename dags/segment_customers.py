"""### segment_customers

Assigns each customer of a merchant to one segment, every night: by recency, frequency and money.

**Reads** the landing area, `raw`, `marts.feat_customer_nights`, the segment of the night before and
the champion of the registered model `customer_segments`.
**Writes** `raw`, `decisions.customer_segments` and `published/customer_segments/`; merchants and
analysts read `serving.customer_segments` and `serving.segment_profiles`.

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
from scoring.domains import SEGMENT_CUSTOMERS


@dag(
    schedule=nights.schedule(nights.SEGMENTS_AFTER),
    params=nights.FORM,
    doc_md=__doc__,
    tags=[domain_of(SEGMENT_CUSTOMERS), Cadence.NIGHTLY],
    **DAG_DEFAULTS,
)
def segment_customers() -> None:
    """Wire the eight steps of the job."""
    wire(
        SEGMENT_CUSTOMERS,
        nights.request(nights.SEGMENTS_AFTER),
        nights.prepare(SEGMENT_CUSTOMERS),
    )


segment_customers()
