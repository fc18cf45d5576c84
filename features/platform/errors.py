"""What can go wrong, named after the person who must act.

    ScoringError
    ├── BadDeliveryError         the source's owner: a delivery cannot be used as it is
    ├── ContractError            the data engineer: a table or view is not what it should be
    │   └── TooFewLabelsError    nobody, for a while: what is known does not suffice to learn from
    ├── ModelUnavailableError    the ML engineer: no model that may score
    ├── WarehouseUnavailableError nobody, for a while: Postgres went away; the step is tried again
    ├── StatementError           the data engineer: Postgres refuses a statement
    ├── ConfigurationError       the operator: a setting, a source or a policy is wrong
    ├── CodeChangedError         nobody: the next attempt loads the new code
    └── FencedError              nobody: a newer attempt does the work

Messages carry what is needed to act: file, row, table, window, count and the next step. They never
carry row values.
"""

from __future__ import annotations


class ScoringError(Exception):
    """The base of every error that the platform raises on purpose."""


class BadDeliveryError(ScoringError):
    """A delivery cannot be used as it is; its source's owner must send another."""


class ContractError(ScoringError):
    """A table, view or gate is not what its contract says."""


class TooFewLabelsError(ContractError):
    """Too few labels are known to learn from; nothing was registered."""


class ModelUnavailableError(ScoringError):
    """There is no model that may score: missing, unreachable, altered or not trusted."""


class WarehouseUnavailableError(ScoringError):
    """Postgres went away under a step, or has just come back; the same step works at a retry."""


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
    """A newer attempt has taken this step over; this one must stop and has written nothing."""
