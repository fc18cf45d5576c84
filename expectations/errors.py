"""Define the two errors with which a gate stops a run: bad data, or an unreadable table.

They need opposite reactions. Bad data stays bad: a retry does not help, and the data's owner must
act. A gate that could not read the table may succeed at the next attempt.
"""

from __future__ import annotations

from expectations.validation import Outcome, Severity, Validation
from features.platform.errors import ContractError, ScoringError

_NEXT_STEP = {
    "raw": "ask the source's owner for a corrected delivery, or `vesper deliveries release` it; "
    "nothing of it was admitted",
    "features": "see the dbt model behind the named columns; no row was scored",
    "decisions": "see the model and the policy that the run pinned; nothing was published",
}


class GateFailedError(ContractError):
    """A critical expectation does not hold; the run stops, and a retry does not help."""

    def __init__(self, validation: Validation) -> None:
        self.validation = validation
        broken = [
            f"{check.words} ({check.figure})"
            for check in validation.expectations
            if check.outcome is Outcome.BROKEN and check.severity is Severity.CRITICAL
        ]
        boundary = validation.suite.partition(".")[0]
        super().__init__(
            f"gate {validation.suite} failed on {validation.table} for {validation.subject}: "
            f"{len(broken)} critical of {len(validation.expectations)} expectations do not hold: "
            f"{'; '.join(broken)}. Next: open validation {validation.validation_id} in "
            f"Airflow under Validations; {_NEXT_STEP[boundary]}."
        )

    def __reduce__(self) -> tuple[type[GateFailedError], tuple[Validation]]:
        """Pickle the error by its validation, not by its message."""
        return type(self), (self.validation,)


class GateUnavailableError(ScoringError):
    """The gate could not read the table, which is no result about the data; retry.

    Args:
        message: the failed step and the next step; never a row value.
        validation: the incomplete validation, if there is one.
    """

    def __init__(self, message: str, validation: Validation | None = None) -> None:
        self.validation = validation
        super().__init__(message)
