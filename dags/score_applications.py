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

from airflow.sdk import Asset, CronDataIntervalTimetable, chain, dag, get_current_context, task

from orchestration import cases, gates, steps
from orchestration.defaults import DAG_DEFAULTS
from orchestration.tags import Cadence, Domain

DECISIONS = Asset("vesper://serving/latest_application_decisions")


@dag(
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    params=cases.FORM,
    doc_md=__doc__,
    tags=[Domain.CREDIT, Cadence.NIGHTLY],
    **DAG_DEFAULTS,
)
def score_applications() -> None:
    """Wire the steps; what they do stands in `orchestration.steps`."""

    @task
    def ingest() -> list[steps.Receipt]:
        # a form that makes no sense is refused before anything is written
        steps.skip_without("applications")
        cases.deliver(get_current_context())
        return steps.ingest()

    @task
    def validate_raw(deliveries: list[steps.Receipt]) -> list[steps.Receipt]:
        return gates.validate_raw(deliveries)

    @task
    def admit(validations: list[steps.Receipt]) -> list[int]:
        steps.admit_deliveries(validations)
        context = get_current_context()
        run = steps.claim("score_applications", cases.request(context))
        return steps.hand_on(run, context)

    @task
    def build() -> steps.Receipt:
        return steps.build("application_features")

    @task
    def validate_features(run: steps.Receipt) -> steps.Receipt:
        return gates.validate_run("features.applications", run)

    @task
    def score(run: steps.Receipt, shard: int) -> steps.Receipt:
        return steps.score(run, shard)

    @task
    def validate_decisions(run: steps.Receipt) -> steps.Receipt:
        return gates.validate_run("decisions.applications", run)

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


score_applications()
