"""The functions behind the tasks that compare, announce, and promote or reject challengers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, Param

from features.platform.errors import ConfigurationError
from orchestration import approval, steps
from orchestration.run_window import plain
from orchestration.steps import Receipt
from scoring.domains import JOBS

if TYPE_CHECKING:
    from scoring.promotion.waiting import Waiting
    from scoring.runs.job import Job

PASSED = Asset("vesper://gates/passed")
NOBODY = "nobody (no answer in Airflow)"
#: How long a longer shadow lasts before a person is asked again.
PAUSE = timedelta(days=7)


def gated() -> tuple[Job, ...]:
    """Return the jobs whose challengers are compared with their champions."""
    return tuple(job for job in JOBS.values() if job.comparison is not None)


_MODEL = Param(
    None,
    enum=[None, *(job.slot.name for job in gated())],
    title="Only this model",
    description="Empty: every model that has a gate plan.",
)
FORM = {"model": _MODEL}


def compare(name: str, context: Mapping[str, Any]) -> Receipt:
    """Run the gate of a job's model; skipped where it waits, or where the rows cannot tell.

    Raises:
        ConfigurationError: the form makes no sense, or the models cannot be compared.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    from features.platform.settings import get_settings
    from scoring.domains import job_named
    from scoring.models.gate_plan import Verdict
    from scoring.promotion import gate
    from scoring.promotion.gate import GateStatus

    job = job_named(name)
    _skip_unless_named(job.slot.name, context)
    steps.skip_without(job.population.feed)
    receipt = gate.run(job, get_settings(), requested_by=str(context["dag_run"].run_id))
    if receipt.status != GateStatus.GATED or receipt.verdict == Verdict.CANNOT_TELL:
        raise AirflowSkipException(receipt.reason)
    return receipt.as_dict()


def announce(name: str, context: Mapping[str, Any]) -> Receipt:
    """Give the event of the asset a passed gate about which a person is to be asked.

    The gate is read from the warehouse, as a task that was killed after its gate has no receipt.
    The task is skipped, and emits no event, while a question waits for its answer, and for a week
    after a person has extended the shadow.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    from scoring.domains import job_named

    model = job_named(name).slot.name
    _skip_unless_named(model, context)
    found = _waiting(model)
    if isinstance(found, str):
        raise AirflowSkipException(found)
    dag_run = context["dag_run"]
    is_new = found.gate.requested_by == str(dag_run.run_id)
    if not is_new and found.extended_at and plain(dag_run.run_after) < found.extended_at + PAUSE:
        raise AirflowSkipException(f"the shadow was extended at {found.extended_at:%Y-%m-%d}")
    if not is_new and _is_asked(context):
        raise AirflowSkipException("a question of promote_model waits for its answer")
    event = {
        "model": model,
        "version": found.gate.challenger_version,
        "verdict": found.gate.verdict,
        "verdict_sha256": found.gate.verdict_sha256,
    }
    context["outlet_events"][PASSED].extra = event
    return event


def find(model: str, context: Mapping[str, Any]) -> Receipt:
    """Return the question about the newest passed gate of a model.

    Skipped where no gate waits for a person, and where the event or the form is about another
    model.

    Raises:
        ConfigurationError: the form names the model, and no gate of it waits for a person.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    _skip_unless_named(model, context)
    found = _waiting(model)
    if isinstance(found, str):
        if context["params"].get("model") == model:
            raise ConfigurationError(found)
        raise AirflowSkipException(found)
    return {
        "model": model,
        "version": found.gate.challenger_version,
        "verdict_sha256": found.gate.verdict_sha256,
        "subject": f"{model}: is version {found.gate.challenger_version} to become champion?",
        "body": found.page,
    }


def promote(model: str, context: Mapping[str, Any]) -> Receipt:
    """Promote the version that a person has approved.

    Raises:
        ConfigurationError: no person has approved it, or the core refuses the promotion.
    """
    from scoring.promotion import decisions

    asked, answer = _answered(model, approval.PROMOTE, context)
    return decisions.promote(
        model, asked["version"], verdict_sha256=asked["verdict_sha256"], **answer
    ).as_dict()


def reject(model: str, context: Mapping[str, Any]) -> Receipt:
    """End the test of the version that a person has rejected.

    Raises:
        ConfigurationError: no person has rejected it, or the core refuses the rejection.
    """
    from scoring.promotion import decisions

    asked, answer = _answered(model, approval.REJECT, context)
    return decisions.reject(model, asked["version"], **answer).as_dict()


def extend_shadow(model: str, context: Mapping[str, Any]) -> Receipt:
    """Record that the version stays in its shadow, as a person or the timeout has said.

    Raises:
        ConfigurationError: the question has no answer, or the version is gone.
    """
    from scoring.promotion import decisions

    asked, answer = _answered(model, approval.EXTEND, context)
    return decisions.extend(model, asked["version"], **answer).as_dict()


def _answered(
    model: str, option: str, context: Mapping[str, Any]
) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Return the question about a model, and the answer as the core takes it.

    Raises:
        ConfigurationError: the answer is missing or another one, or only a person may give it.
    """
    from features.platform.settings import get_settings
    from scoring.promotion.facts import Source

    pull = context["ti"].xcom_pull
    asked = pull(task_ids=f"{model}.find")
    answer = pull(task_ids=f"{model}.decide", key=approval.ANSWER)
    if not asked or not answer or answer["option"] != option:
        raise ConfigurationError(
            f"no person has answered {option!r}: a task before was marked by hand. Nothing was "
            "decided; clear the task `find` and those after it, and answer under Required Actions"
        )
    person, reason = answer["person"], answer["reason"]
    if person is None and option != approval.EXTEND:
        raise ConfigurationError(f"the answer {option!r} names no person; nothing was decided")
    given = reason or ("no reason given" if person else "nobody has answered in time")
    return asked, {
        "person": person or NOBODY,
        "reason": f"{given} (Airflow, {answer['moment']})",
        "settings": get_settings(),
        "source": Source.AIRFLOW,
    }


def _waiting(model: str) -> Waiting | str:
    """Return the gate of a model that waits for a person, or why there is none."""
    from features.platform import database
    from features.platform.settings import get_settings
    from scoring.promotion import waiting

    settings = get_settings()
    with database.connect(settings.warehouse, "score") as connection:
        return waiting.find(connection, model, settings)


def _is_asked(context: Mapping[str, Any]) -> bool:
    """Return whether a run of promote_model goes on; without an answer of Airflow, one does."""
    try:
        return bool(
            context["ti"].get_dr_count(dag_id="promote_model", states=["queued", "running"])
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the next day asks again
        import structlog

        structlog.get_logger(__name__).warning("airflow_did_not_answer", error=str(error))
        return True


def _skip_unless_named(model: str, context: Mapping[str, Any]) -> None:
    """Skip a model that neither the form nor an event of the run is about.

    Raises:
        ConfigurationError: the form names no model that has a gate plan.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    known = [job.slot.name for job in gated()]
    named = context["params"].get("model")
    if named is not None and named not in known:
        raise ConfigurationError(f"model is none of {', '.join(known)}; name one, or leave it out")
    events = [
        event
        for events in (context.get("triggering_asset_events") or {}).values()
        for event in events
    ]
    about = {event.extra.get("model") for event in events}
    if named not in (None, model) or (events and model not in about):
        raise AirflowSkipException("this run is about another model")
