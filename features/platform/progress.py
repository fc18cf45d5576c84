"""Logs the progress of a step over many items."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

import structlog

log = structlog.get_logger(__name__)

EVERY_SECONDS = 5.0
Item = TypeVar("Item")


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
