"""Wire the eight steps of a scoring job, and its shadow, into the DAG that is being defined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, chain, get_current_context, task

from orchestration import steps

if TYPE_CHECKING:
    from scoring.runs.job import Job
    from scoring.runs.request import Request

Context = Mapping[str, Any]


def wire(  # noqa: C901 - one task per step, nested as Airflow wants them
    job: Job,
    request: Callable[[Context], Request],
    prepare: Callable[[Context], object] | None = None,
) -> None:
    """Add the tasks of a job to the current DAG; `scoring.steps.pipeline` declares the steps.

    The shadow of a job with a model is a teardown, and Airflow leaves a teardown out of the state
    of a run: a challenger that kills its task fails no run.

    Args:
        job: the job; its serving view, which publishing changes, is an asset for other DAGs.
        request: reads the form; a form that makes no sense is refused before any write.
        prepare: runs before the files are received.
    """
    decisions = Asset(f"vesper://serving/{job.serving}")

    @task
    def ingest() -> list[steps.Receipt]:
        context = get_current_context()
        if prepare is not None:
            prepare(context)
        request(context)
        return steps.ingest()

    @task
    def validate_raw(deliveries: list[steps.Receipt]) -> list[steps.Receipt]:
        return steps.validate_raw(deliveries)

    @task
    def admit(validations: list[steps.Receipt]) -> list[int]:
        steps.admit(validations)
        context = get_current_context()
        return steps.hand_on(steps.claim(job.name, request(context)), context)

    @task
    def build() -> steps.Receipt:
        return steps.build_for(job.name)

    @task
    def validate_features(run: steps.Receipt) -> steps.Receipt:
        return steps.validate_features(job.name, run)

    @task
    def score(run: steps.Receipt, shard: int) -> steps.Receipt:
        return steps.score(job.name, run, shard)

    @task
    def validate_decisions(run: steps.Receipt) -> steps.Receipt:
        return steps.validate_decisions(job.name, run)

    @task(outlets=[decisions])  # type: ignore[untyped-decorator]
    def publish(run: steps.Receipt) -> steps.Receipt:
        return steps.publish(job.name, run)

    shards = admit(validate_raw(ingest()))
    run = shards[steps.RUN]
    chain(
        shards,
        build(),
        validate_features(run),
        score.partial(run=run).expand(shard=shards),
        validate_decisions(run),
        published := publish(run),
    )
    if job.model is None:
        return

    # a broken shadow is taken up by `vesper models shadow`, and never by a retry
    @task(retries=0)  # type: ignore[untyped-decorator]
    def shadow() -> steps.Receipt:
        return steps.shadow(job.name, get_current_context())

    published >> shadow().as_teardown()
