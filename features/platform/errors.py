"""Defines the errors of the platform, each named after the person that must act.

    ScoringError
    ├── BadDeliveryError         the source's owner: a delivery is unusable
    ├── ContractError            the data engineer: a table or view breaks its contract
    │   └── TooFewLabelsError    no action yet: too few labels are known to learn from
    ├── ModelUnavailableError    the ML engineer: no model may score
    ├── WarehouseUnavailableError no action yet: Postgres went away; the step is retried
    ├── StatementError           the data engineer: Postgres refuses a statement
    ├── ConfigurationError       the operator: a setting, a source or a policy is wrong
    ├── CodeChangedError         no action: the next attempt loads the new code
    └── FencedError              no action: a newer attempt does the work

Messages carry the facts for the action: file, row, table, window, count and the next step. They
never carry row values.
"""

from __future__ import annotations


class ScoringError(Exception):
    """The base of every error that the platform raises on purpose."""


class BadDeliveryError(ScoringError):
    """A delivery is unusable; its source's owner must send another."""


class ContractError(ScoringError):
    """A table, view or gate breaks its contract."""


class TooFewLabelsError(ContractError):
    """Too few labels are known to learn from; nothing was registered."""


class ModelUnavailableError(ScoringError):
    """No model may score: it is missing, unreachable, altered or not trusted."""


class WarehouseUnavailableError(ScoringError):
    """Postgres went away during a step, or has just come back; the same step works at a retry."""


class StatementError(ScoringError):
    """Postgres refuses a statement; the message names the statement and never quotes a row."""

    def __init__(self, name: str, sqlstate: str | None, error_class: str, detail: str) -> None:
        super().__init__(name, sqlstate, error_class, detail)
        self.name = name
        self.sqlstate = sqlstate
        self.error_class = error_class
        self.detail = detail

    def __str__(self) -> str:
        """Return the sentence that a log shows."""
        return f"{self.name}: Postgres refuses the statement: {self.detail}"


class ConfigurationError(ScoringError):
    """A setting, a source description or a policy is wrong; nothing was written."""


class CodeChangedError(ScoringError):
    """The code or the libraries have changed under this process; the next attempt loads them."""


class FencedError(ScoringError):
    """A newer attempt has taken this step over; this attempt must stop and has written nothing."""
