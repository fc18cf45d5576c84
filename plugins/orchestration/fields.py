"""Checks single values of a form: text, identifiers, moments and whole numbers.

Airflow's own check of a form knows types and lengths. It does not know what Postgres, a file of the
landing area or a reader can hold, so each value that a task uses is checked here first. A message
names the field and the flaw, never the value: a value may be personal.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, datetime

from features.platform.errors import ConfigurationError

ID_BYTES = 256  # as ingest has it: identifiers are keys of indexes
RUN_ID_LETTERS = 200  # a folder of logs is named after the run, and a name has 255 bytes
DEEPEST = 32
LARGEST = 2**63 - 1
CARD_NUMBER = "holds what passes as a full card number; take it out"
EXAMPLE = "2026-11-21T10:00:00Z"

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_UNWRITABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def text(name: str, value: object, longest: int) -> str:
    """Return a text that a person can read and Postgres can hold.

    Raises:
        ConfigurationError: it is no text, blank, too long, not writable or holds a card number;
            says which field.
    """
    from features.platform.card_numbers import names_card_number  # heavier than a DAG file may be

    readable = _readable(name, value, longest)
    if names_card_number(readable):
        raise ConfigurationError(f"{name} {CARD_NUMBER}")
    return readable


def _readable(name: str, value: object, longest: int) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} is {_kind(value)}; write it as text")
    categories = {unicodedata.category(letter) for letter in value}
    if categories & _UNWRITABLE:
        raise ConfigurationError(
            f"{name} holds a control character or half a character; write it in plain text"
        )
    if not any(unicodedata.category(letter) not in _INVISIBLE for letter in value.strip()):
        raise ConfigurationError(f"{name} is blank; write at least one letter")
    if len(value) > longest:
        raise ConfigurationError(
            f"{name} has {len(value)} characters; write at most {longest} of them"
        )
    return value


def identifier(name: str, value: object) -> str:
    """Return an identifier as text; a whole number is one too.

    Raises:
        ConfigurationError: it is neither, or no file may carry it; says which field.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(whole(name, value, -LARGEST - 1, LARGEST))
    if not isinstance(value, str):
        raise ConfigurationError(
            f"{name} is {_kind(value)}; an identifier is text or a whole number"
        )
    readable = _readable(name, value, ID_BYTES)
    categories = {unicodedata.category(letter) for letter in readable}
    if readable != readable.strip() or categories & _INVISIBLE:
        raise ConfigurationError(
            f"{name} has blanks at an end or an invisible character; write the identifier alone"
        )
    if (size := len(readable.encode())) > ID_BYTES:
        raise ConfigurationError(f"{name} has {size} bytes; an identifier has at most {ID_BYTES}")
    return readable


def moment(name: str, value: object) -> datetime:
    """Return a moment in UTC.

    Raises:
        ConfigurationError: it is no time of the form of RFC 3339, or has no zone.
    """
    expected = f"write it as {EXAMPLE}"
    if not isinstance(value, str) or not (match := _MOMENT.fullmatch(value)):
        raise ConfigurationError(f"{name} is no time; {expected}")
    if match["zone"] is None:
        raise ConfigurationError(f"{name} is a time without a zone; {expected}")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigurationError(f"{name} is no time of the calendar; {expected}") from None


def whole(name: str, value: object, low: int, high: int) -> int:
    """Return a whole number between two bounds.

    Raises:
        ConfigurationError: it is no whole number, or beyond them.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConfigurationError(
            f"{name} is {_kind(value)}; write a whole number of {low} to {high}"
        )
    if not low <= value <= high:
        raise ConfigurationError(f"{name} is out of bounds; write a number of {low} to {high}")
    return value


def flaw(value: object) -> str | None:
    """Return the fault of a JSON value that no database can hold, or None."""
    left = [(value, 0)]
    while left:
        part, depth = left.pop()
        if depth > DEEPEST:
            return f"is nested more than {DEEPEST} levels deep"
        if isinstance(part, dict):
            left += [(inner, depth + 1) for pair in part.items() for inner in pair]
        elif isinstance(part, list | tuple):
            left += [(inner, depth + 1) for inner in part]
        elif wrong := _flaw_of_scalar(part):
            return wrong
    return None


def holds_card_number(value: object) -> bool:
    """Return whether a value of JSON holds a card number, in a key, a text or a number."""
    from features.platform.card_numbers import names_card_number

    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            left += [inner for pair in part.items() for inner in pair]
        elif isinstance(part, list | tuple):
            left += part
        elif isinstance(part, str | int | float) and names_card_number(str(part)):
            return True
    return False


def _flaw_of_scalar(value: object) -> str | None:
    if isinstance(value, str):
        if "\0" in value:
            return "holds a NUL character"
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            return "holds half a character (a lone surrogate)"
    if isinstance(value, float) and not math.isfinite(value):
        return "holds a number that is not finite"
    # Postgres returns 9e300 as a whole number of 301 digits, which no task can receive
    if isinstance(value, int | float) and not -LARGEST - 1 <= value <= LARGEST:
        return "holds a number of more than 64 bits"
    return None


def _kind(value: object) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a fraction"),
        (str, "text"),
        (list, "a list"),
        (dict, "an object"),
    )
    return next((word for kind, word in kinds if isinstance(value, kind)), "empty")
