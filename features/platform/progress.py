"""Report the progress of a step: as log lines, and to a listener such as the command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import structlog

log = structlog.get_logger(__name__)

EVERY_SECONDS = 5.0
Item = TypeVar("Item")

#: Receives the unit, the number of new units, and the total if it is known.
Listener = Callable[[str, int, int | None], None]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send the progress of the steps inside the block to a listener."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def advance(unit: str, count: int, total: int | None = None) -> None:
    """Report that a step has done more units.

    Args:
        unit: the noun of the units, such as `rows`.
        count: the number of units since the last call.
        total: the number of units of the whole step, if it is known.
    """
    listener = _listener.get()
    if listener is not None:
        listener(unit, count, total)


def logged(items: Sequence[Item], event: str, **about: object) -> Iterator[Item]:
    """Yield items and log every few seconds how many of them are done.

    Args:
        items: the items of the step.
        event: the name of the log line.
        about: further values of the line.
    """
    last = time.monotonic()
    for done, item in enumerate(items):
        if time.monotonic() - last >= EVERY_SECONDS:
            last = time.monotonic()
            log.info(event, done=done, of=len(items), **about)
        yield item
        advance("deliveries", 1, len(items))
