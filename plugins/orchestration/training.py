"""The functions behind the tasks of the training DAG."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from features.platform.errors import ConfigurationError, TooFewLabelsError
from orchestration import fields, steps
from orchestration.run_window import EARLIEST, plain
from orchestration.steps import Receipt


def as_of(context: Mapping[str, Any]) -> datetime:
    """Return the moment whose knowledge is trained on: the form's, else that of the run.

    Raises:
        ConfigurationError: the form's moment is no time, has no zone, or is not of the past.
    """
    run_after = plain(context["dag_run"].run_after)
    given = context["params"].get("as_of")
    if given is None:
        return run_after
    moment = fields.moment("as_of", given)
    if not EARLIEST <= moment <= run_after:
        raise ConfigurationError(
            f"as_of lies in the future or before {EARLIEST.date()}; give a time that has passed"
        )
    return moment


def train(name: str, moment: datetime) -> Receipt:
    """Train, evaluate and register the model of a job; skip the task without enough to learn from.

    Args:
        name: of the job.
        moment: labels and rows known later are not read.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    from features.platform.settings import get_settings
    from scoring.domains import job_named

    training = job_named(name).training
    if training is None:
        raise ConfigurationError(f"the job {name} trains no model")
    steps.skip_without(training.feed)
    try:
        return training.train(moment, get_settings()).as_dict()
    except TooFewLabelsError as error:
        raise AirflowSkipException(str(error)) from error
