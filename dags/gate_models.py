"""### gate_models

Compares, once a day, the challenger of each model that has a gate plan with its champion, on
matured rows that neither learnt from and that no earlier gate has used.

**Reads** the rows that the plan of the model names, their labels, and the versions with the
aliases `champion` and `challenger`.
**Writes** `audit.model_gates`; the verdict, its table and its picture on the model version in
MLflow.

A gate looks at nothing before its plan has enough fresh weeks: the task `compare` is skipped and
says when they have matured. It is skipped as well where the rows cannot tell. A passed gate emits
the asset `vesper://gates/passed`, and `promote_model` asks a person. A gate that passed by hand is
announced too, and again a week after a longer shadow. Safe to run again: the rows of a gate are
used once, and a question that waits is not asked twice.
"""

from __future__ import annotations

from airflow.sdk import (
    CronDataIntervalTimetable,
    TaskGroup,
    chain,
    dag,
    get_current_context,
    task,
)

from orchestration import promotion, steps
from orchestration.defaults import DAG_DEFAULTS
from orchestration.tags import Cadence, domain_of


@dag(
    # after the jobs of the night, whose files bring the labels of the day
    schedule=CronDataIntervalTimetable("30 6 * * *", timezone="UTC"),
    params=promotion.FORM,
    doc_md=__doc__,
    tags=[*map(domain_of, promotion.gated()), Cadence.NIGHTLY],
    **DAG_DEFAULTS,
)
def gate_models() -> None:
    """Wire the comparison of each model, and the announcement of a passed gate."""

    @task
    def compare(job: str) -> steps.Receipt:
        return promotion.compare(job, get_current_context())

    # also after a skip: a gate that passed before waits until a person has decided
    @task(outlets=[promotion.PASSED], trigger_rule="none_failed")  # type: ignore[untyped-decorator]
    def announce(job: str) -> steps.Receipt:
        return promotion.announce(job, get_current_context())

    for job in promotion.gated():
        with TaskGroup(job.name):
            chain(compare(job.name), announce(job.name))


gate_models()
