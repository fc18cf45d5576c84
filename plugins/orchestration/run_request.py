"""Turns an Airflow run into a request of the core: window, kind, person and reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param, get_current_context

from features.platform.errors import ConfigurationError
from orchestration import fields
from orchestration.run_window import run_window

if TYPE_CHECKING:
    from scoring.runs.request import Request

MOST_IDS = 10_000
LONGEST_REASON = 500
LONGEST_PERSON = 100
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
            maxItems=MOST_IDS,
            title="Decide again",
            description=(
                "Ids to decide again although they have a decision. Needs reason and person."
            ),
        ),
        "reason": Param(
            None,
            type=["null", "string"],
            maxLength=LONGEST_REASON,
            title="Reason",
            description="Of a restatement.",
        ),
        "person": Param(
            None,
            type=["null", "string"],
            maxLength=LONGEST_PERSON,
            title="Person",
            description="The person who requests the restatement.",
        ),
    }


FORM = form_of("hour")


def request(
    context: Mapping[str, Any], cadence: timedelta, delay: timedelta = timedelta(0)
) -> Request:
    """Return the request of this Airflow run.

    Args:
        context: of the task.
        cadence: the length of a window.
        delay: how long after the end of its window the schedule starts a run.

    Raises:
        ConfigurationError: the form makes no sense; nothing was written.
    """
    from scoring.runs.request import Kind, Request

    params, dag_run = context["params"], context["dag_run"]
    if run_type(context) == "backfill" and any(
        params.get(name) is not None for name in ("start", "end")
    ):
        raise ConfigurationError(
            "the form of a backfill names start or end; a backfill takes its windows from its dates"
        )
    window = run_window(context, cadence, delay)
    ids = _ids(params.get("restate_ids"))
    reason = _optional("reason", params.get("reason"), LONGEST_REASON)
    person = _optional("person", params.get("person"), LONGEST_PERSON)
    if ids and not (reason and person):
        raise ConfigurationError("a restatement needs a reason and the person who requests it")
    if (reason or person) and not ids:
        raise ConfigurationError(
            f"a {'reason' if reason else 'person'} is given, but no ids to restate: give both"
        )
    kinds = {"scheduled": Kind.SCHEDULED, "backfill": Kind.BACKFILL}
    kind = Kind.RESTATE if ids else kinds.get(run_type(context), Kind.MANUAL)
    requested_by = f"{person} ({dag_run.run_id})" if ids else str(dag_run.run_id)
    return Request(window.start, window.end, kind, requested_by, reason, ids)


def hourly(context: Mapping[str, Any]) -> Request:
    """Return the request of an Airflow run whose windows are hours."""
    return request(context, timedelta(hours=1))


def has_ended(dag_id: str, requested_by: str) -> bool:
    """Return whether the Airflow run that has made a request is over or deleted.

    A person may have marked it, deleted it, or it may have run out of time; its tasks are dead. One
    that waits in the queue may go on. Where Airflow does not answer, it counts as going on.

    Args:
        dag_id: of the DAG whose run it is, which has the name of its job.
        requested_by: as `request` has written it.
    """
    import structlog

    # a restatement's is "person (run id)"; Airflow takes no run id with a space
    run_id = requested_by.removesuffix(")").rpartition(" (")[2]
    try:
        going_on = get_current_context()["ti"].get_dr_count(
            dag_id=dag_id, run_ids=[run_id], states=["queued", "running"]
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the window then waits its turn
        structlog.get_logger(__name__).warning("airflow_did_not_answer", error=str(error))
        return False
    return not going_on


def run_type(context: Mapping[str, Any]) -> str:
    """Return Airflow's word for the origin of this run."""
    kind = context["dag_run"].run_type
    return str(getattr(kind, "value", kind))


def _ids(given: object) -> tuple[str, ...]:
    """Return the ids to restate, each once."""
    if given is None:
        return ()
    if not isinstance(given, list | tuple) or not 1 <= len(given) <= MOST_IDS:
        raise ConfigurationError(
            f"restate_ids is no list of 1 to {MOST_IDS} ids; name them, or leave the field out"
        )
    ids = (
        fields.identifier(f"restate_ids, item {place}", value)
        for place, value in enumerate(given, start=1)
    )
    return tuple(dict.fromkeys(ids))


def _optional(name: str, value: object, longest: int) -> str | None:
    return None if value is None else fields.text(name, value, longest)
