"""Reads moments and days that people and programs write: ISO 8601, from 1900 on.

A moment states its zone, and a day is a day of UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from features.platform.errors import ConfigurationError

FIRST_YEAR = 1900


def parse_moment(text: str) -> datetime:
    """Return the moment of a text such as `2026-11-21T10:00Z`, in UTC.

    Raises:
        ConfigurationError: the text is no date and time, has no zone, or names an early year.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigurationError(
            f"{text!r} is no time with a zone: write a moment such as 2026-11-21T10:00Z"
        )
    if moment.year < FIRST_YEAR:
        raise ConfigurationError(f"{text!r} is too early: write a year from {FIRST_YEAR} on")
    return moment.astimezone(UTC)


def parse_day(text: str) -> date:
    """Return the day of a text such as `2026-11-21`.

    Raises:
        ConfigurationError: the text is no day, or names an early year.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{text!r} is no day: write a day such as 2026-11-21") from None
    if day.year < FIRST_YEAR:
        raise ConfigurationError(f"{text!r} is too early: write a year from {FIRST_YEAR} on")
    return day
