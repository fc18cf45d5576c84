"""### score_applications

Decides the loan applications of one day: approve, review or decline, with a recommended limit and
the principal reasons.

**Reads** the landing area, `raw`, `marts.feat_applications`, the decisions on the applicants' card
payments and the champion of the registered model `credit_applications`.
**Writes** `raw`, `decisions.application_decisions` and `published/application_decisions/`; analysts
read `serving.latest_application_decisions` and `serving.application_reasons`.

Safe to run again: a published window is found published and nothing changes. To decide a single
application now, enter it as JSON in the form: it takes the same path into the same ledger. To
decide rows again that have a decision, name their ids, a reason and a person.
"""

from __future__ import annotations

from airflow.sdk import CronDataIntervalTimetable, dag

from orchestration import cases
from orchestration.defaults import DAG_DEFAULTS
from orchestration.scoring_dag import wire
from orchestration.tags import Cadence, domain_of
from scoring.domains import SCORE_APPLICATIONS


@dag(
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    params=cases.FORM,
    doc_md=__doc__,
    tags=[domain_of(SCORE_APPLICATIONS), Cadence.NIGHTLY],
    **DAG_DEFAULTS,
)
def score_applications() -> None:
    """Wire the eight steps of the job; an application of the form is delivered first."""
    wire(SCORE_APPLICATIONS, cases.request, cases.prepare)


score_applications()
