"""### promote_model

Asks a person whether a challenger that has passed its gate becomes champion, and does as the
person says: promote, reject, or extend the shadow.

**Reads** the newest passed gate in `audit.model_gates`, and the alias `challenger` in MLflow.
**Writes** `audit.model_decisions` with person, time and reason; a promotion moves the alias
`champion`, which takes effect at the next claim.

The question waits seven days under *Required Actions*; without an answer the shadow is extended and
nothing is promoted. The answer is about one version and one verdict: if either has changed since,
it is void and the task fails. A person who has trained the version cannot promote it. To ask
another person, clear the task `decide`. Any user with the role *user* or above may answer.

A passed gate starts this DAG. To ask again, such as after a longer shadow, trigger it with the
model in the form.
"""

from __future__ import annotations

from airflow.sdk import TaskGroup, chain, dag, get_current_context, task

from orchestration import approval, promotion, steps
from orchestration.defaults import DAG_DEFAULTS
from orchestration.tags import Cadence, domain_of


@dag(
    schedule=[promotion.PASSED],
    params=promotion.FORM,
    doc_md=__doc__,
    tags=[*map(domain_of, promotion.gated()), Cadence.ON_EVENT],
    **{
        **DAG_DEFAULTS,
        # a question about one model must not hold up the question about another one
        "max_active_runs": approval.MOST_QUESTIONS,
        "dagrun_timeout": approval.PATIENCE + DAG_DEFAULTS["dagrun_timeout"],
    },
)
def promote_model() -> None:
    """Wire the question about each model, and the three answers."""

    @task
    def find(model: str) -> steps.Receipt:
        return promotion.find(model, get_current_context())

    @task
    def promote(model: str) -> steps.Receipt:
        return promotion.promote(model, get_current_context())

    @task
    def reject(model: str) -> steps.Receipt:
        return promotion.reject(model, get_current_context())

    @task
    def extend_shadow(model: str) -> steps.Receipt:
        return promotion.extend_shadow(model, get_current_context())

    for job in promotion.gated():
        model = job.slot.name
        with TaskGroup(model):
            answers = [act(model) for act in (promote, reject, extend_shadow)]
            chain(find(model), approval.ask(model), answers)


promote_model()
