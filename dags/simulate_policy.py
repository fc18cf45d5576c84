"""### simulate_policy

Tries a policy on past decisions before it decides any: which outcomes move, what the bad rates are,
how many reviews a day brings, and which reasons customers would read.

**Reads** `decisions`, the stored features in `marts`, the labels, and `audit.policy_activations`.
**Writes** `audit.policy_simulations`: one row per job, with the report. Nothing is decided.

Trigger it with a policy version or the text of a draft, a window and your name. The task's return
value names the page of the report. `vesper policy activate` requires a simulation of the same file
that is not older than 14 days. Safe to run again: each run is a row of its own.
"""

from __future__ import annotations

from airflow.sdk import dag, get_current_context, task

from orchestration import simulation, steps
from orchestration.defaults import DAG_DEFAULTS
from orchestration.tags import PLATFORM, Cadence
from scoring.domains import JOBS


@dag(
    schedule=None,
    params=simulation.FORM,
    doc_md=__doc__,
    tags=[PLATFORM, Cadence.BY_HAND],
    **DAG_DEFAULTS,
)
def simulate_policy() -> None:
    """Wire one task for each job whose outcomes a policy decides."""

    @task
    def simulate(job: str) -> steps.Receipt:
        return simulation.simulate(job, get_current_context())

    for job in JOBS.values():
        if job.pricing is not None:
            simulate.override(task_id=job.name)(job.name)


simulate_policy()
