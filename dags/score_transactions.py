"""### score_transactions

Decides the card transactions of one hour: approve, review or decline, with reasons.

**Reads** the landing area, `raw`, `marts.feat_transactions` and the champion of the registered
model `fraud_transactions`.
**Writes** `raw`, `decisions.transaction_decisions` and `published/transaction_decisions/`; analysts
read `serving.latest_transaction_decisions`.

Safe to run again: a published window is found published and nothing changes. To decide rows again
that have a decision, name their ids, a reason and a person in the form.
"""

from __future__ import annotations

from airflow.sdk import CronDataIntervalTimetable, dag

from orchestration import run_request
from orchestration.defaults import DAG_DEFAULTS
from orchestration.scoring_dag import wire
from orchestration.tags import Cadence, domain_of
from scoring.domains import SCORE_TRANSACTIONS


@dag(
    schedule=CronDataIntervalTimetable("@hourly", timezone="UTC"),
    params=run_request.FORM,
    doc_md=__doc__,
    tags=[domain_of(SCORE_TRANSACTIONS), Cadence.HOURLY],
    **DAG_DEFAULTS,
)
def score_transactions() -> None:
    """Wire the eight steps of the job."""
    wire(SCORE_TRANSACTIONS, run_request.hourly)


score_transactions()
