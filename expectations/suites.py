"""Name the suites; only the load of a suite imports Great Expectations."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from features.platform.errors import ConfigurationError

if TYPE_CHECKING:
    import great_expectations as gx


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite by reference.

    Attributes:
        name: the name in the audit, such as `raw.transactions`.
        target: `module:function`; the function takes the table's rows and returns the suite.
    """

    name: str
    target: str

    def load(self, rows: int) -> gx.ExpectationSuite:
        """Return the expectations for a table with this number of rows."""
        module, _, function = self.target.partition(":")
        suite: gx.ExpectationSuite = getattr(import_module(module), function)(rows)
        return suite


#: The suites of deliveries, by feed; a job declares the suites of its runs.
RAW = {
    feed: Suite(f"raw.{feed}", f"expectations.{module}:{feed}")
    for feed, module in (
        ("transactions", "raw"),
        ("transaction_labels", "raw"),
        ("fx_rates", "raw"),
        ("applications", "raw_applications"),
        ("application_labels", "raw_applications"),
    )
}

#: Feeds whose rows only ingest may read, so that no gate can check them.
CLOSED = frozenset(("applicant_attributes",))


def of_feed(feed: str) -> Suite:
    """Return the suite of a feed's deliveries.

    Raises:
        ConfigurationError: the feed has no suite.
    """
    if feed not in RAW:
        raise ConfigurationError(
            f"there is no suite for the feed {feed!r}; the feeds with a suite are "
            f"{', '.join(sorted(RAW))} (expectations/suites.py)"
        )
    return RAW[feed]
