"""The functions behind the tasks of the training DAG."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from airflow.sdk import Param

from features.platform.errors import ConfigurationError, TooFewLabelsError
from orchestration import fields, steps
from orchestration.run_request import LONGEST_PERSON, MOMENT, run_type
from orchestration.run_window import EARLIEST, plain
from orchestration.steps import Receipt
from scoring.domains import JOBS
from scoring.runs.training_order import SCHEDULE, TrainingOrder

MOST_COLUMNS = 200
LONGEST_COLUMN = 100
_TRAINED = tuple(name for name, job in JOBS.items() if job.training is not None)
_COLUMNS: dict[str, Any] = {
    "type": ["null", "array"],
    "items": {"type": "string", "minLength": 1, "maxLength": LONGEST_COLUMN},
    "maxItems": MOST_COLUMNS,
}

FORM = {
    "as_of": Param(
        None,
        **MOMENT,
        title="As of (UTC)",
        description="Train on the knowledge of this moment. Empty: on all that is at hand.",
    ),
    "start": Param(
        None,
        **MOMENT,
        title="Period start (UTC)",
        description="First moment to learn from, by event time. Empty: follows from the labels.",
    ),
    "end": Param(
        None,
        **MOMENT,
        title="Period end (UTC)",
        description="First moment after. Empty: follows from the maturity of the labels.",
    ),
    "job": Param(
        None,
        enum=[None, *_TRAINED],
        title="Only this job",
        description="Empty: every job whose feed is delivered.",
    ),
    "skip": Param(
        None,
        type=["null", "array"],
        items={"enum": list(_TRAINED)},
        maxItems=len(_TRAINED),
        title="Not these jobs",
        description="Jobs to leave out.",
    ),
    "keep": Param(
        None,
        **_COLUMNS,
        title="Keep columns",
        description="Columns to use although training would leave them out.",
    ),
    "drop": Param(None, **_COLUMNS, title="Drop columns", description="Columns not to learn from."),
}


def order(context: Mapping[str, Any]) -> TrainingOrder:
    """Return the order of this Airflow run.

    A run of the schedule has no moment of its own: it may begin long after its interval, such as
    the first run after an unpause, and then learns from what is known now. A backfill has one.

    Raises:
        ConfigurationError: a field of the form is no time of the past, no list of columns, or the
            fields do not agree.
    """
    params, run_after = context["params"], plain(context["dag_run"].run_after)
    moments = {
        name: past_moment(name, params.get(name), run_after) for name in ("as_of", "start", "end")
    }
    if moments["as_of"] is None and run_type(context) == "backfill":
        moments["as_of"] = run_after
    job = params.get("job")
    if job is not None and (not isinstance(job, str) or job not in JOBS):
        raise ConfigurationError(f"job is none of {', '.join(JOBS)}; name one, or leave it empty")
    _skipped(params)
    return TrainingOrder(
        **moments,
        keep=_columns("keep", params),
        drop=_columns("drop", params),
        trainer=_trainer(context),
    )


def train(name: str, context: Mapping[str, Any]) -> Receipt:
    """Train, evaluate and register the model of a job.

    The task is skipped if the sources do not deliver the feed or the form names another job. With
    too few labels a run of the schedule is skipped as well, and so is an optional training that the
    form does not name; any other training that a person has asked for fails.

    Raises:
        TooFewLabelsError: a person has asked for it, and there is too little to learn from.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    from features.platform.settings import get_settings
    from scoring.domains import job_named

    training = job_named(name).training
    if training is None:
        raise ConfigurationError(f"the job {name} trains no model")
    ordered = order(context)
    named = context["params"].get("job")
    if named not in (None, name):
        raise AirflowSkipException("the form names another job")
    if name in _skipped(context["params"]):
        raise AirflowSkipException("the form leaves this job out")
    steps.skip_without(training.feed)
    try:
        return training.train(ordered, get_settings()).as_dict()
    except TooFewLabelsError as error:
        if run_type(context) != "scheduled" and not (training.is_optional and named is None):
            raise
        raise AirflowSkipException(str(error)) from error


def build(name: str) -> Receipt:
    """Build the features that a job reads; skipped where no source delivers its feed."""
    from scoring.domains import job_named

    steps.skip_without(job_named(name).population.feed)
    return steps.build_for(name)


def _trainer(context: Mapping[str, Any]) -> str:
    """Return the person who has triggered this run, as far as Airflow knows one."""
    if run_type(context) == "scheduled":
        return SCHEDULE
    person = getattr(context["dag_run"], "triggering_user_name", None)
    return fields.text("the user", person, LONGEST_PERSON) if person else SCHEDULE


def past_moment(name: str, given: object, run_after: datetime) -> datetime | None:
    """Return the moment of a field of the form, or None if the field is empty.

    Raises:
        ConfigurationError: it is no time, or none of the past.
    """
    if given is None:
        return None
    moment = fields.moment(name, given)
    if not EARLIEST <= moment <= run_after:
        raise ConfigurationError(
            f"{name} lies in the future or before {EARLIEST.date()}; give a time that has passed"
        )
    return moment


def _skipped(params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the jobs that the form leaves out.

    Raises:
        ConfigurationError: the field is no list of jobs with a model.
    """
    given = params.get("skip") or ()
    if not isinstance(given, list | tuple) or not set(map(str, given)) <= set(_TRAINED):
        raise ConfigurationError(
            f"skip is no list of jobs with a model; name some of {', '.join(_TRAINED)}"
        )
    return tuple(map(str, given))


def _columns(name: str, params: Mapping[str, Any]) -> tuple[str, ...]:
    given = params.get(name)
    if given is None:
        return ()
    if not isinstance(given, list | tuple) or not 1 <= len(given) <= MOST_COLUMNS:
        raise ConfigurationError(
            f"{name} is no list of 1 to {MOST_COLUMNS} columns; name them, or leave the field out"
        )
    return tuple(
        fields.text(f"{name}, item {place}", value, LONGEST_COLUMN)
        for place, value in enumerate(given, start=1)
    )
