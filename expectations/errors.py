"""The two ways in which a gate stops a run: the data is bad, or nobody could look.

They are told apart because they ask for opposite things: bad data stays bad, so a retry is a waste
and somebody must act; a gate that could not look may well succeed in five minutes.
"""

from __future__ import annotations

from expectations.validation import Outcome, Severity, Validation
from features.platform.errors import ContractError, ScoringError

_NEXT_STEP = {
    "raw": "ask the source's owner for a corrected delivery, or release it by hand; nothing of it "
    "was admitted",
    "features": "see the dbt model behind the named columns; no row was scored",
    "decisions": "see the model and the policy that the run pinned; nothing was published",
}


class GateFailedError(ContractError):
    """A critical expectation does not hold: the run stops, and a retry would not help."""

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
        """Cross a process border by the facts, not by the message."""
        return type(self), (self.validation,)


class GateUnavailableError(ScoringError):
    """The gate could not look at the table, which says nothing about the data; retry.

    Args:
        message: what could not be done, and the next step; never a row value.
        validation: what was found out before, where anything was.
    """

    def __init__(self, message: str, validation: Validation | None = None) -> None:
        self.validation = validation
        super().__init__(message)
