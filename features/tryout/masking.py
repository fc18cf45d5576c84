"""Mask the values of rows that a trial shows, so that an example shows a form and no person.

An example must show why a row was rejected: a sign, a separator, a blank. It must not show a card
number, a name or a whole identifier. So digits and letters of texts are masked behind their start,
and numbers and times of columns that hold such values stay.
"""

from __future__ import annotations

import re

from features.feeds.columns import ColumnKind
from features.platform.card_numbers import mask

LONGEST = 48
LONGEST_ROW = 90
#: Kinds whose values are words of a small vocabulary, such as a label.
_WORDS = frozenset(
    (
        ColumnKind.FLAG,
        ColumnKind.CURRENCY,
        ColumnKind.OUTCOME,
        ColumnKind.PROVENANCE,
        ColumnKind.EXCEPTION,
        ColumnKind.TERM,
        ColumnKind.EMPLOYMENT,
    )
)
_TEXTS = frozenset((ColumnKind.ID, ColumnKind.TEXT, ColumnKind.LIST))

_RUN = re.compile(r"[^\W_]{3,}")
_LONG_RUN = re.compile(r"[^\W_]{5,}")
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_LONG_NUMBER = re.compile(r"[0-9]{11,}")
_ADDRESS = re.compile(r"\S+@\S+")
_ROUNDED = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
#: Words of times and amounts; they name no person.
_COMMON = frozenset(
    (
        *("january", "february", "march", "april", "june", "july", "august", "september"),
        *("october", "november", "december", "sept", "monday", "tuesday", "wednesday", "thursday"),
        *("friday", "saturday", "sunday", "null", "none", "true", "false", "infinity"),
    )
)


def masked(text: str, kind: ColumnKind | None) -> str:
    """Return a value as an example may show it.

    Args:
        text: as delivered.
        kind: of the column that refused it; None for a text of an unknown kind.
    """
    text = _ADDRESS.sub(lambda match: f"{match[0][0]}***@***", mask(text))
    if kind in _WORDS and len(text) <= 32 and not _LONG_NUMBER.search(text):
        return visible(text)
    if kind is None or kind in _TEXTS:
        if kind is ColumnKind.ID and _ROUNDED.fullmatch(text) and re.search(r"[.,eE]", text):
            return visible(text)
        return cut(visible(_LONG_RUN.sub(lambda match: _behind(match[0], 3), text)))
    text = _LONG_NUMBER.sub(lambda match: match[0][:10] + "*" * (len(match[0]) - 10), text)
    return cut(visible(_LONG_WORD.sub(_word, text)))


def masked_row(text: str) -> str:
    """Return the text of a whole row as an example may show it: its marks, and little else."""
    text = _RUN.sub(lambda match: _behind(match[0], 2), mask(text[:1000]))
    return cut(visible(text), LONGEST_ROW)


def cut(text: str, longest: int = LONGEST) -> str:
    """Return the beginning of a text that is too long."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def visible(text: str) -> str:
    """Return a text with its invisible characters as escapes, so that a person can see them."""
    return "".join(
        char
        if char.isprintable() and (char.isascii() or char.isalnum() or _shows(char))
        else _escaped(char)
        for char in text
    )


def _shows(char: str) -> bool:
    """Return whether a character beyond ASCII is a mark that a font draws, such as a euro sign."""
    import unicodedata

    return unicodedata.category(char)[0] in "PSM" and not 0xFE00 <= ord(char) <= 0xFE0F


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _behind(run: str, kept: int) -> str:
    return run[:kept] + "*" * min(len(run) - kept, 6)


def _word(match: re.Match[str]) -> str:
    return match[0] if match[0].casefold() in _COMMON else f"{match[0][0]}***"
