"""Name time zones: by their name in the IANA database, or by a fixed offset."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: A time zone of a description.
Zone = str

_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(0?[0-9]|1[0-4])(?::?([0-5][0-9]))?")


def zone_of(name: str) -> tzinfo:
    """Return the zone of a name such as `Europe/Vienna`, or of an offset such as `+02:00`.

    Raises:
        ValueError: there is no such zone.
    """
    if name in ("Z", "UTC"):
        return UTC
    if offset := _OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups()
        length = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(length if sign == "+" else -length)
    return named_zone(name)


def named_zone(name: str) -> ZoneInfo:
    """Return a zone of the IANA database.

    Raises:
        ValueError: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of zones
        raise ValueError(f"{name!r} is not a time zone of the IANA database") from error


def check(name: str) -> str | None:
    """Return why there is no such zone, or None."""
    try:
        zone_of(name)
    except ValueError as error:
        return str(error)
    return None
