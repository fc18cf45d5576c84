"""Turns a time format of a source, the directives of strptime, into one pattern.

A pattern parses each text independently. The parser of the C library would follow the locale and
skip blanks.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

#: Length in microseconds of the unit of each format that counts from a moment.
EPOCHS = {
    "epoch_microseconds": 1,
    "epoch_milliseconds": 1_000,
    "epoch_seconds": 1_000_000,
    "epoch_hours": 3_600_000_000,
    "epoch_days": 86_400_000_000,
}


def _any(names: tuple[str, ...]) -> str:
    return f"(?i:{'|'.join(names)})"


_DIRECTIVES = {
    "%Y": r"(?P<year>[0-9]{4})",
    "%y": r"(?P<year>[0-9]{2})",
    "%m": r"(?P<month>0?[1-9]|1[0-2])",
    "%b": rf"(?P<month>{_any(MONTHS)})",
    "%B": rf"(?P<month>{_any(MONTH_NAMES)})",
    "%d": r"(?P<day>0?[1-9]|[12][0-9]|3[01])",
    "%j": r"(?P<yearday>[0-3]?[0-9]{1,2})",
    "%H": r"(?P<hour>2[0-3]|[01]?[0-9])",
    "%I": r"(?P<hour12>0?[1-9]|1[0-2])",
    "%p": r"(?P<half>(?i:[ap]\.?m\.?))",
    "%M": r"(?P<minute>[0-5]?[0-9])",
    "%S": r"(?P<second>[0-5]?[0-9])",
    "%f": r"(?P<fraction>[0-9]{1,9})",
    "%z": r"(?P<offset>Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)",
    "%a": _any(_DAYS),
    "%A": _any(_DAY_NAMES),
    "%%": "%",
}
#: The directives that may have one digit, and their form if another number follows or precedes.
_OF_TWO_DIGITS = {
    "%m": r"(?P<month>0[1-9]|1[0-2])",
    "%d": r"(?P<day>0[1-9]|[12][0-9]|3[01])",
    "%H": r"(?P<hour>2[0-3]|[01][0-9])",
    "%I": r"(?P<hour12>0[1-9]|1[0-2])",
    "%M": r"(?P<minute>[0-5][0-9])",
    "%S": r"(?P<second>[0-5][0-9])",
    "%j": r"(?P<yearday>[0-3][0-9]{2})",
}
_NUMBERS = {*_OF_TWO_DIGITS, "%Y", "%y", "%f"}
_PARTS = re.compile(r"%-?.|[^%]")
_BLANKS = r"[ \x{a0}\x{202f}]+"  # spreadsheets write other blanks before AM and PM
_INSTEAD = {
    "%Z": "names of zones are ambiguous: leave the name out of the format as plain text and "
    "state zone",
    "%s": "use the format epoch_seconds",
    "%T": "use %H:%M:%S",
    "%D": "use %m/%d/%y",
    "%F": "use %Y-%m-%d",
    "%R": "use %H:%M",
    "%e": "use %d",
    "%h": "use %b",
}


def pattern_of(form: str) -> str:
    """Return the pattern of a format, with a named group for each of its directives.

    Raises:
        ValueError: the format has another directive, a directive twice, or determines no day.
    """
    parts = [part.replace("%-", "%") for part in _PARTS.findall(form)]
    if unknown := [part for part in parts if len(part) == 2 and part not in _DIRECTIVES]:
        hint = _INSTEAD.get(unknown[0], f"use {', '.join(_DIRECTIVES)}, {', '.join(EPOCHS)}")
        raise ValueError(f"{form!r} has {unknown[0]}: {hint}")
    if form.replace("%%", "").endswith("%"):
        raise ValueError(f"{form!r} ends with a lone %: write %%")
    pattern = "".join(_pattern_of_part(parts, place) for place in range(len(parts)))
    groups = re.findall(r"\?P<(\w+)>", pattern)
    _check_groups(form, groups)
    return f"^{pattern}$"


def _pattern_of_part(parts: list[str], place: int) -> str:
    part = parts[place]
    if part == " ":
        return _BLANKS if place == 0 or parts[place - 1] != " " else ""
    around = {*parts[max(place - 1, 0) : place], *parts[place + 1 : place + 2]}
    if part in _OF_TWO_DIGITS and around & _NUMBERS:
        return _OF_TWO_DIGITS[part]
    return _DIRECTIVES.get(part) or re.escape(part)


def _check_groups(form: str, groups: list[str]) -> None:
    names = set(groups)
    if len(groups) != len(names) or {"hour", "hour12"} <= names:
        raise ValueError(f"{form!r} needs one year and one month; it states a part twice")
    if "year" not in names or not names & {"month", "yearday"}:
        raise ValueError(f"{form!r} needs one year and one month, and at most one day")
    if "yearday" in names and names & {"month", "day"}:
        raise ValueError(f"{form!r}: %j is the day of a year and needs no month and no day")
    if ("hour12" in names) != ("half" in names):
        raise ValueError(f"{form!r}: %I and %p only go together; %H is an hour from 0 to 23")
    for finer, coarser in (("minute", "hour"), ("second", "minute"), ("fraction", "second")):
        if finer in names and not any(name.startswith(coarser) for name in names):
            raise ValueError(f"{form!r} has a {finer} without {coarser}")


def _checked(form: str) -> str:
    if form.startswith("epoch_") or form in EPOCHS:
        if form not in EPOCHS:
            raise ValueError(f"{form!r} is no unit: use {', '.join(EPOCHS)}")
        return form
    pattern_of(form)
    return form


#: The format of the times or dates of a column.
TimeFormat = Annotated[str, AfterValidator(_checked)]
