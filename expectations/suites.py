"""List the suites by name; only the load of a suite imports Great Expectations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from features.platform.errors import ConfigurationError

if TYPE_CHECKING:
    import great_expectations as gx

SUITES = {
    "raw.transactions": "expectations.raw:transactions",
    "raw.transaction_labels": "expectations.raw:transaction_labels",
    "raw.fx_rates": "expectations.raw:fx_rates",
    "raw.applications": "expectations.raw_applications:applications",
    "raw.application_labels": "expectations.raw_applications:application_labels",
    "features.transactions": "expectations.features:transactions",
    "features.applications": "expectations.features:applications",
    "decisions.transactions": "expectations.decisions:transactions",
    "decisions.applications": "expectations.application_decisions:applications",
}

#: Feeds whose rows only role ingest may read, so that no gate checks them.
CLOSED = frozenset(("applicant_attributes",))


def require(name: str) -> None:
    """Check that a suite exists, before any table is read.

    Raises:
        ConfigurationError: the suite is unknown.
    """
    if name not in SUITES:
        raise ConfigurationError(
            f"there is no suite {name!r}; the suites are {', '.join(sorted(SUITES))} "
            "(expectations/suites.py)"
        )


def load(name: str, rows: int) -> gx.ExpectationSuite:
    """Return a suite for a table with this number of rows.

    Raises:
        ConfigurationError: the suite is unknown.
    """
    require(name)
    module, _, function = SUITES[name].partition(":")
    return getattr(import_module(module), function)(rows)
