"""Asks a person whether a challenger becomes champion, and keeps the answer.

Airflow parks the task until a person answers under *Required Actions*, or until the default is
taken. The default extends the shadow: nobody's silence promotes a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLBranchOperator
from airflow.sdk import Param

from orchestration.run_request import LONGEST_REASON

PROMOTE, REJECT, EXTEND = "promote", "reject", "extend shadow"
#: The task of each answer.
TASKS = {PROMOTE: "promote", REJECT: "reject", EXTEND: "extend_shadow"}
PATIENCE = timedelta(days=7)
MOST_QUESTIONS = 16  # that wait at once
ANSWER = "answer"  # the key of the XCom value


class ModelDecision(HITLBranchOperator):  # type: ignore[misc]
    """A question with three answers; person, time and reason go to the tasks after it."""

    def execute_complete(self, context: Mapping[str, Any], event: dict[str, Any]) -> Any:  # noqa: ANN401 - of Airflow
        """Keep the answer, and go on with the task of the chosen option."""
        # the branch itself returns the ids of the tasks, and drops the person
        if "error" not in event:
            context["ti"].xcom_push(key=ANSWER, value=answer_of(event))
        return super().execute_complete(context, event)


def ask(model: str) -> ModelDecision:
    """Return the task that asks about a model, in the current task group of the same name.

    Args:
        model: the registered model; the task `find` of the group gives the question.
    """
    found = f"ti.xcom_pull(task_ids='{model}.find')"
    return ModelDecision(
        task_id="decide",
        subject=f"{{{{ {found}['subject'] }}}}",
        body=f"{{{{ {found}['body'] }}}}",
        options=list(TASKS),
        options_mapping={option: f"{model}.{task_id}" for option, task_id in TASKS.items()},
        defaults=EXTEND,
        response_timeout=PATIENCE,
        params={
            "reason": Param(
                "",
                type="string",
                maxLength=LONGEST_REASON,
                title="Reason",
                description="Why you decide so; it is kept with the decision.",
            )
        },
    )


def answer_of(event: Mapping[str, Any]) -> dict[str, str | None]:
    """Return option, person, moment and reason of a response; a default has no person.

    Args:
        event: as Airflow hands it to the task that goes on.
    """
    user, moment = event.get("responded_by_user") or {}, event.get("responded_at")
    (option,) = event["chosen_options"]
    return {
        "option": str(option),
        "person": user.get("name") or user.get("id"),
        "moment": moment.isoformat() if isinstance(moment, datetime) else None,
        "reason": str((event.get("params_input") or {}).get("reason") or "").strip() or None,
    }
