"""List the suites by name; only the load of a suite imports Great Expectations."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from features.feeds import FEEDS, Feed
from features.platform.errors import ConfigurationError

if TYPE_CHECKING:
    import great_expectations as gx

#: The expectations of a feed beyond those that follow from its declaration.
_FURTHER = {
    "transactions": "expectations.raw_transactions:transactions",
    "transaction_labels": "expectations.raw_transactions:transaction_labels",
    "fx_rates": "expectations.raw_transactions:fx_rates",
    "applications": "expectations.raw_applications:applications",
    "application_labels": "expectations.raw_applications:application_labels",
}

_OF_RUNS = {
    "features.transactions": "expectations.features:transactions",
    "features.applications": "expectations.features:applications",
    "decisions.transactions": "expectations.decisions:transactions",
    "decisions.applications": "expectations.application_decisions:applications",
}

#: Feeds whose rows only role ingest may read, so that no gate checks them.
CLOSED = frozenset(feed.name for feed in FEEDS.values() if feed.suite is None)


def names() -> list[str]:
    """Return the names of all suites."""
    return sorted((*_gated_feeds(), *_OF_RUNS))


def require(name: str) -> None:
    """Check that a suite exists, before any table is read.

    Raises:
        ConfigurationError: the suite is unknown.
    """
    if name not in names():
        raise ConfigurationError(
            f"there is no suite {name!r}; the suites are {', '.join(names())} "
            "(expectations/suites.py)"
        )


def load(name: str, rows: int) -> gx.ExpectationSuite:
    """Return a suite for a table with this number of rows.

    Raises:
        ConfigurationError: the suite is unknown.
    """
    require(name)
    feed = _gated_feeds().get(name)
    if feed is None:
        return _imported(_OF_RUNS[name])(rows)
    from expectations import raw

    further = _FURTHER.get(feed.name)
    return raw.suite(feed, _imported(further)(rows) if further else ())


def _gated_feeds() -> dict[str, Feed]:
    return {feed.suite: feed for feed in FEEDS.values() if feed.suite}


def _imported(function: str) -> Callable[[int], Any]:
    module, _, name = function.partition(":")
    imported: Callable[[int], Any] = getattr(import_module(module), name)
    return imported
