"""Divides a stretch of time into the windows of runs."""

from __future__ import annotations

from datetime import datetime, timedelta

from scoring.runs.request import LONGEST

Window = tuple[datetime, datetime]


def spans(start: datetime, end: datetime) -> list[Window]:
    """Divide a stretch of time into windows that may have any number of rows."""
    full = tiles(start, end, LONGEST)
    rest = full[-1][1] if full else start
    return full + ([(rest, end)] if rest < end else [])


def tiles(start: datetime, end: datetime, length: timedelta) -> list[Window]:
    """Divide a stretch of time into windows of one length; a shorter rest is left out."""
    count = max(int((end - start) / length), 0)
    return [(start + n * length, start + (n + 1) * length) for n in range(count)]
