"""What can go wrong, named after the person who must act.

    ScoringError
    ├── BadDeliveryError         the source's owner: a delivery cannot be used as it is
    ├── ContractError            the data engineer: a table or view is not what it should be
    │   └── TooFewLabelsError    nobody, for a while: what is known does not suffice to learn from
    ├── ModelUnavailableError    the ML engineer: no model that may score
    ├── WarehouseUnavailableError nobody, for a while: Postgres went away; the step is tried again
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


class ConfigurationError(ScoringError):
    """A setting, a source description or a policy is wrong; nothing was written."""


class CodeChangedError(ScoringError):
    """The code or the libraries have changed under this process; the next attempt loads them."""


class FencedError(ScoringError):
    """A newer attempt has taken this step over; this one must stop and has written nothing."""
