"""Fold the days of a file into at most 190 bars: days, weeks, months or years."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise

_MOST_DAYS = 190
_MOST_BARS = 120


def folded(days: Mapping[date, int]) -> tuple[str, list[tuple[date, int]]]:
    """Return the unit of the bars, and each bar with its first day; empty stretches count zero."""
    if not days:
        return "day", []
    first, last = min(days), max(days)
    span = (last - first).days + 1
    if span <= _MOST_DAYS:
        every = [first + timedelta(days=place) for place in range(span)]
        return "day", [(day, days.get(day, 0)) for day in every]
    if span <= 7 * _MOST_BARS:
        monday = first - timedelta(days=first.weekday())
        counts = [0] * ((last - monday).days // 7 + 1)
        for day, rows in days.items():
            counts[(day - monday).days // 7] += rows
        return "week", [(monday + timedelta(days=7 * n), rows) for n, rows in enumerate(counts)]
    months: dict[date, int] = {}
    is_by_year = span > 31 * _MOST_BARS
    for day, rows in days.items():
        start = day.replace(day=1, month=1 if is_by_year else day.month)
        months[start] = months.get(start, 0) + rows
    start, bars = min(months), []
    while start <= max(months):
        bars.append((start, months.get(start, 0)))
        start = _next(start, is_by_year=is_by_year)
    return "year" if is_by_year else "month", bars


def gaps(days: Mapping[date, int]) -> list[tuple[date, date]]:
    """Return the stretches of days without a row between the first and the last day."""
    known = sorted(days)
    return [
        (before + timedelta(days=1), after - timedelta(days=1))
        for before, after in pairwise(known)
        if (after - before).days > 1
    ]


def _next(start: date, *, is_by_year: bool) -> date:
    if is_by_year or start.month == 12:
        return date(start.year + 1, 1, 1)
    return start.replace(month=start.month + 1)
