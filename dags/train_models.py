"""### train_models

Trains the model of each job and registers it: fraud on transactions whose label has matured, credit
on whole vintages of loans, segments, value, spending and demand on month ends of the history. The
period follows from the rows at hand; the log says which rows and weeks it holds. A job whose feed
the sources do not deliver is skipped. With too little to learn from, a scheduled run skips the job
and says why; a run that a person asked for fails.

**Reads** the landing area, `raw`, and the feature tables `marts.feat_*` of the jobs.
**Writes** `raw`, and versions of the registered models `fraud_transactions`,
`credit_applications`, `customer_segments`, `customer_value`, `purchasing_power` and `demand`: alias
`champion` if there is none, otherwise `challenger`. `gate_models` compares it, and `promote_model`
asks a person. A refit of `customer_segments` that divides the customers like the champion becomes
champion by itself; any other refit of it is not registered.

The first load of history comes in through this DAG: it admits the waiting files, builds the
features and trains. Jobs that read the same features share one build.
"""

from __future__ import annotations

from typing import Any

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
        return training.build(job)

    @task
    def train(job: str) -> steps.Receipt:
        return training.train(job, get_current_context())

    admitted = admit(validate_raw(ingest()))
    builds: dict[str, Any] = {}  # by the view that the build makes
    for job in JOBS.values():
        if job.training is not None:
            with TaskGroup(job.name):
                if job.view.name not in builds:
                    builds[job.view.name] = build(job.name)
                    chain(admitted, builds[job.view.name])
                chain(builds[job.view.name], train(job.name))


train_models()
