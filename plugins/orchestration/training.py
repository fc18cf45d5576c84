"""What the tasks of the training DAG call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from features.platform.errors import ConfigurationError, TooFewLabelsError
from orchestration import fields, steps
from orchestration.steps import Receipt
from orchestration.windows import EARLIEST, plain

if TYPE_CHECKING:
    from features.platform.settings import Settings
    from scoring.models.training import TrainReceipt


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


def train_fraud(moment: datetime) -> Receipt:
    """Train, evaluate and register the fraud model."""
    from scoring.fraud.train import train

    steps.skip_without("transactions")
    return _trained(train, moment)


def train_credit(moment: datetime) -> Receipt:
    """Train, evaluate and register the credit model."""
    from scoring.credit.train import train

    steps.skip_without("application_labels")
    return _trained(train, moment)


def _trained(train: Callable[[datetime, Settings], TrainReceipt], moment: datetime) -> Receipt:
    """Train; end the task as skipped where too few labels have matured, for that is no fault."""
    from airflow.sdk.exceptions import AirflowSkipException

    from features.platform.settings import get_settings

    try:
        return train(moment, get_settings()).as_dict()
    except TooFewLabelsError as error:
        raise AirflowSkipException(str(error)) from error
