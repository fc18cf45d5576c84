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

from datetime import timedelta

from airflow.sdk import Asset, CronDataIntervalTimetable, chain, dag, get_current_context, task

from orchestration import gates, requests, steps
from orchestration.defaults import DAG_DEFAULTS
from orchestration.tags import Cadence, Domain

HOUR = timedelta(hours=1)
DECISIONS = Asset("vesper://serving/latest_transaction_decisions")


@dag(
    schedule=CronDataIntervalTimetable("@hourly", timezone="UTC"),
    params=requests.FORM,
    doc_md=__doc__,
    tags=[Domain.FRAUD, Cadence.HOURLY],
    **DAG_DEFAULTS,
)
def score_transactions() -> None:
    """Wire the steps; what they do stands in `orchestration.steps`."""

    @task
    def ingest() -> list[steps.Receipt]:
        # a form that makes no sense is refused before anything is written
        requests.request(get_current_context(), HOUR)
        return steps.ingest()

    @task
    def validate_raw(deliveries: list[steps.Receipt]) -> list[steps.Receipt]:
        return gates.validate_raw(deliveries)

    @task
    def admit(validations: list[steps.Receipt]) -> list[int]:
        steps.admit_deliveries(validations)
        context = get_current_context()
        run = steps.claim("score_transactions", requests.request(context, HOUR))
        return steps.hand_on(run, context)

    @task
    def build() -> steps.Receipt:
        return steps.build("transaction_features")

    @task
    def validate_features(run: steps.Receipt) -> steps.Receipt:
        return gates.validate_run("features.transactions", run)

    @task
    def score(run: steps.Receipt, shard: int) -> steps.Receipt:
        return steps.score(run, shard)

    @task
    def validate_decisions(run: steps.Receipt) -> steps.Receipt:
        return gates.validate_run("decisions.transactions", run)

    @task(outlets=[DECISIONS])
    def publish(run: steps.Receipt) -> steps.Receipt:
        return steps.publish(run)

    shards = admit(validate_raw(ingest()))
    run = shards[steps.RUN]
    chain(
        shards,
        build(),
        validate_features(run),
        score.partial(run=run).expand(shard=shards),
        validate_decisions(run),
        publish(run),
    )


score_transactions()
