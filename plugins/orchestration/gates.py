"""Run the gates for a task, and leave the link to the validation page even where a gate fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from orchestration.links import XCOM_KEY

if TYPE_CHECKING:
    from expectations.validation import Validation

Receipt = dict[str, Any]


def receipt_of(validation: Validation | None, run: Receipt) -> Receipt:
    """Return the receipt of a validation, or of the run where it is published already."""
    return run if validation is None else validation.as_dict()


@contextmanager
def linked() -> Iterator[None]:
    """Push the validation's id before a gate's error goes on: a failed task returns no receipt."""
    from airflow.sdk import get_current_context

    from expectations.errors import GateFailedError, GateUnavailableError

    try:
        yield
    except (GateFailedError, GateUnavailableError) as error:
        if error.validation is not None:
            validation_id = str(error.validation.validation_id)
            get_current_context()["ti"].xcom_push(key=XCOM_KEY, value=validation_id)
        raise
