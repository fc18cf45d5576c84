"""Progress in the log of a step that goes through many things: how many of them are done."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

import structlog

log = structlog.get_logger(__name__)

EVERY_SECONDS = 5.0
Item = TypeVar("Item")


def logged(items: Sequence[Item], event: str, **about: object) -> Iterator[Item]:
    """Yield items one by one; log every few seconds how many of them are done.

    Args:
        items: what the step goes through.
        event: the name of the log line.
        about: what else the line holds.
    """
    last = time.monotonic()
    for done, item in enumerate(items):
        if time.monotonic() - last >= EVERY_SECONDS:
            last = time.monotonic()
            log.info(event, done=done, of=len(items), **about)
        yield item
