"""From an Airflow run to a request of the core: who wants which window decided, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param

from features.errors import ConfigurationError
from orchestration.windows import run_window

if TYPE_CHECKING:
    from scoring.runs import Request

MOMENT = {"type": ["null", "string"], "format": "date-time"}


def form_of(cadence: str) -> dict[str, Param]:
    """Return the form of a scoring DAG.

    Args:
        cadence: the word for the length of its windows, such as `hour`.
    """
    return {
        "start": Param(
            None,
            **MOMENT,
            title="Window start (UTC)",
            description=f"Such as 2026-11-21T00:00:00Z. Empty: the last full {cadence}.",
        ),
        "end": Param(
            None,
            **MOMENT,
            title="Window end (UTC)",
            description=f"The first {cadence} not to decide any more.",
        ),
        "restate_ids": Param(
            None,
            type=["null", "array"],
            items={"type": "string", "minLength": 1, "maxLength": 256},
            maxItems=10_000,
            title="Decide again",
            description=(
                "Ids to decide again although they have a decision. Needs reason and person."
            ),
        ),
        "reason": Param(
            None,
            type=["null", "string"],
            maxLength=500,
            title="Reason",
            description="Of a restatement.",
        ),
        "person": Param(
            None,
            type=["null", "string"],
            maxLength=100,
            title="Person",
            description="Who asks for the restatement.",
        ),
    }


FORM = form_of("hour")

_KINDS = {"scheduled": "scheduled", "backfill": "backfill"}


def request(context: Mapping[str, Any], cadence: timedelta) -> Request:
    """Return what this Airflow run asks for.

    Raises:
        ConfigurationError: the form makes no sense; nothing was written.
    """
    from scoring.runs import Request

    params, dag_run = context["params"], context["dag_run"]
    window = run_window(context, cadence)
    ids = tuple(params.get("restate_ids") or ())
    reason, person = params.get("reason"), params.get("person")
    if ids and not (reason and person):
        raise ConfigurationError("a restatement needs a reason and the person who asks for it")
    if reason and not ids:
        raise ConfigurationError("a reason is given, but no ids to restate")
    run_type = str(getattr(dag_run.run_type, "value", dag_run.run_type))
    kind = "restate" if ids else _KINDS.get(run_type, "manual")
    who = f"{person} ({dag_run.run_id})" if ids else str(dag_run.run_id)
    return Request(window.start, window.end, kind, who, reason, ids)
