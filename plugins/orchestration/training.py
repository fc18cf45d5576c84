"""What the tasks of the training DAG call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from features.errors import ConfigurationError
from orchestration.windows import plain

if TYPE_CHECKING:
    from orchestration.steps import Receipt


def as_of(context: Mapping[str, Any]) -> datetime:
    """Return the moment whose knowledge is trained on: the form's, else that of the run.

    Raises:
        ConfigurationError: the form's moment has no zone or lies in the future.
    """
    run_after = plain(context["dag_run"].run_after)
    text = context["params"].get("as_of")
    if not text:
        return run_after
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or moment > run_after:
        raise ConfigurationError(f"as_of is {text!r}; give a time with a zone that has passed")
    return moment.astimezone(UTC)


def train_fraud(moment: datetime) -> Receipt:
    """Train, evaluate and register the fraud model."""
    from scoring.fraud.train import train
    from scoring.settings import get_settings

    return train(moment, get_settings()).as_dict()
