"""### monitor_decisions

Replays a random sample of all decisions ever made, and rebuilds their features from raw.

**Reads** `decisions`, `marts`, `raw`, and the pinned model files.
**Writes** one event `decisions_replayed` into `audit.events`: counts and the first differences.

Fails where a decision or a feature is not the same, bit for bit. The log names the first place
where it left the recorded path: data, feature code, model, policy or environment.
"""

from __future__ import annotations

from airflow.sdk import (
    CronDataIntervalTimetable,
    Param,
    TaskGroup,
    dag,
    get_current_context,
    task,
)

from orchestration import fields, steps
from orchestration.defaults import DAG_DEFAULTS
from orchestration.tags import Cadence, domain_of
from scoring.domains import JOBS

MOST_DECISIONS = 100_000


@dag(
    schedule=CronDataIntervalTimetable("30 3 * * *", timezone="UTC"),
    params={
        "sample": Param(
            1000,
            type="integer",
            minimum=1,
            maximum=MOST_DECISIONS,
            title="Decisions to replay",
            description="Drawn at random from all that were ever published.",
        )
    },
    doc_md=__doc__,
    tags=[*map(domain_of, JOBS.values()), Cadence.NIGHTLY],
    **DAG_DEFAULTS,
)
def monitor_decisions() -> None:
    """Wire one replay per job."""

    @task
    def replay_sample(job: str) -> steps.Receipt:
        context = get_current_context()
        # another sample every night, and the same one at a retry
        sample = fields.whole("sample", context["params"]["sample"], 1, MOST_DECISIONS)
        return steps.replay_sample(job, sample, seed_of=context["dag_run"].run_id)

    for job in JOBS.values():
        with TaskGroup(job.name):
            replay_sample(job.name)


monitor_decisions()
