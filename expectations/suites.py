"""Name the suites; only the load of a suite imports Great Expectations."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from features.feeds import FEEDS
from features.platform.errors import ConfigurationError

if TYPE_CHECKING:
    import great_expectations as gx


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite by reference.

    Attributes:
        name: the name in the audit, such as `raw.transactions`.
        target: `module:function`; the function takes the arguments and the table's rows, and
            returns the suite.
        arguments: of the function, before the rows.
    """

    name: str
    target: str
    arguments: tuple[str, ...] = ()

    def load(self, rows: int) -> gx.ExpectationSuite:
        """Return the expectations for a table with this number of rows."""
        module, _, function = self.target.partition(":")
        build = getattr(import_module(module), function)
        suite: gx.ExpectationSuite = build(*self.arguments, rows)
        return suite


def of_feed(feed: str) -> Suite:
    """Return the suite of a feed's deliveries.

    Raises:
        ConfigurationError: the feed has no suite.
    """
    suites = {declared.name: declared.suite for declared in FEEDS.values()}
    if (name := suites.get(feed)) is None:
        raise ConfigurationError(
            f"there is no suite for the feed {feed!r}; the feeds with a suite are "
            f"{', '.join(sorted(feed for feed in suites if suites[feed]))} "
            "(expectations/suites.py)"
        )
    return Suite(name, "expectations.raw_suites:of_feed", (feed,))


#: The suites of deliveries, by feed; a job declares the suites of its runs.
RAW = {feed.name: of_feed(feed.name) for feed in FEEDS.values() if feed.suite}

#: Feeds whose rows only role ingest may read, so that no gate can check them.
CLOSED = frozenset(FEEDS) - frozenset(RAW)
