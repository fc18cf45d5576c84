"""### train_models

Trains the fraud model on transactions whose label has matured and the credit model on whole
vintages of loans, and registers them. The period follows from the labels at hand; the log says
which rows, frauds and weeks it holds. A job whose feed the sources do not deliver is skipped. With
too few labels a scheduled run skips the job and says why; a run that a person asked for fails.

**Reads** the landing area, `raw`, `marts.feat_transactions` and `marts.feat_applications`.
**Writes** `raw`, and versions of the registered models `fraud_transactions` and
`credit_applications`: alias `champion` if there is none, otherwise `challenger`. To promote one,
move the alias `champion` in the MLflow UI.

The first load of history comes in through this DAG: it admits the waiting files, builds the
features and trains.
"""

from __future__ import annotations

from airflow.sdk import (
    TaskGroup,
    chain,
    dag,
    get_current_context,
    task,
)

from orchestration import steps, training
from orchestration.defaults import DAG_DEFAULTS
from orchestration.tags import Cadence, domain_of
from orchestration.timetables import FromNowOn
from scoring.domains import JOBS


@dag(
    schedule=FromNowOn("@weekly", timezone="UTC"),
    params=training.FORM,
    doc_md=__doc__,
    tags=[*map(domain_of, JOBS.values()), Cadence.WEEKLY],
    **DAG_DEFAULTS,
)
def train_models() -> None:
    """Wire the steps of ingest, and the build and the training of each job."""

    @task
    def ingest() -> list[steps.Receipt]:
        training.order(get_current_context())  # a wrong form is refused before any write
        return steps.ingest()

    @task
    def validate_raw(deliveries: list[steps.Receipt]) -> list[steps.Receipt]:
        return steps.validate_raw(deliveries)

    @task
    def admit(validations: list[steps.Receipt]) -> list[steps.Receipt]:
        return steps.admit(validations)

    @task
    def build(job: str) -> steps.Receipt:
        return steps.build_for(job)

    @task
    def train(job: str) -> steps.Receipt:
        return training.train(job, get_current_context())

    admitted = admit(validate_raw(ingest()))
    for job in JOBS.values():
        if job.training is not None:
            with TaskGroup(job.name):
                chain(admitted, build(job.name), train(job.name))


train_models()
