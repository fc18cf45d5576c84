"""Turns a date format of a source, a few directives of strptime, into one pattern.

A pattern parses each text independently. The parser of the C library would follow the locale and
skip blanks.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_DIRECTIVES = {
    "%Y": r"(?P<year>[0-9]{4})",
    "%y": r"(?P<year>[0-9]{2})",
    "%m": r"(?P<month>0?[1-9]|1[0-2])",
    "%b": rf"(?P<month>{'|'.join(MONTHS)})",
    "%d": r"(?P<day>0?[1-9]|[12][0-9]|3[01])",
}
_PARTS = re.compile(r"%.|[^%]")


def pattern_of(form: str) -> str:
    """Return the pattern of a date format, with the groups year, month and, if it has one, day.

    Raises:
        ValueError: the format has another directive, a directive twice, or no year or month.
    """
    parts = _PARTS.findall(form)
    if "".join(parts) != form or any(len(part) == 2 and part not in _DIRECTIVES for part in parts):
        raise ValueError(f"{form!r} may use {', '.join(_DIRECTIVES)} and plain characters")
    pattern = "".join(_DIRECTIVES.get(part) or re.escape(part) for part in parts)
    groups = re.findall(r"\?P<(\w+)>", pattern)
    if len(groups) != len(set(groups)) or not {"year", "month"} <= set(groups):
        raise ValueError(f"{form!r} needs one year and one month, and at most one day")
    return f"^{pattern}$"


def _checked(form: str) -> str:
    pattern_of(form)
    return form


#: A date format of a source description.
DateFormat = Annotated[str, AfterValidator(_checked)]
