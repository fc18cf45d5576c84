"""### train_models

Trains the fraud model on transactions whose label has matured and the credit model on whole
vintages of loans, and registers them. What has nothing to learn from is skipped, and says why: the
sources do not deliver it, or too few labels are known yet.

**Reads** the landing area, `raw`, `marts.feat_transactions` and `marts.feat_applications`.
**Writes** `raw`, and versions of the registered models `fraud_transactions` and
`credit_applications`: alias `champion` if there is none yet, else `challenger`. To promote one,
move the alias `champion` in the MLflow UI.

The first load of history comes in through this DAG: it admits what waits, builds the features and
trains.
"""

from __future__ import annotations

from airflow.sdk import CronDataIntervalTimetable, Param, chain, dag, get_current_context, task

from orchestration import steps, training
from orchestration.defaults import DAG_DEFAULTS
from orchestration.requests import MOMENT
from orchestration.tags import Cadence, Domain


@dag(
    schedule=CronDataIntervalTimetable("@weekly", timezone="UTC"),
    params={
        "as_of": Param(
            None,
            **MOMENT,
            title="As of (UTC)",
            description="Train on what was known then. Empty: on what is known now.",
        )
    },
    doc_md=__doc__,
    tags=[Domain.FRAUD, Domain.CREDIT, Cadence.WEEKLY],
    **DAG_DEFAULTS,
)
def train_models() -> None:
    """Wire the steps; what they do stands in `orchestration.steps` and `orchestration.training`."""

    @task
    def ingest() -> list[steps.Receipt]:
        training.as_of(get_current_context())
        return steps.ingest()

    @task
    def validate_raw(deliveries: list[steps.Receipt]) -> list[steps.Receipt]:
        return steps.validate_raw(deliveries)

    @task
    def admit(validations: list[steps.Receipt]) -> list[steps.Receipt]:
        return steps.admit(validations)

    @task
    def build() -> steps.Receipt:
        return steps.build_for("score_transactions")

    @task
    def train_fraud() -> steps.Receipt:
        return training.train_fraud(training.as_of(get_current_context()))

    @task
    def build_applications() -> steps.Receipt:
        return steps.build_for("score_applications")

    @task
    def train_credit() -> steps.Receipt:
        return training.train_credit(training.as_of(get_current_context()))

    admitted = admit(validate_raw(ingest()))
    chain(admitted, build(), train_fraud())
    chain(admitted, build_applications(), train_credit())


train_models()
