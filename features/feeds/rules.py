"""State what the columns of one row owe each other; a row that breaks a rule is rejected."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ordering:
    """Two columns of one row of which the first may not exceed the second.

    Attributes:
        first: the smaller column, under which a row is rejected.
        second: the larger column; an instant counts as a day of the source's time zone.
        reason: code of the rejection, see `features/ingest/reasons.py`.
    """

    first: str
    second: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns of which a row has both or neither, needs one, or never has one value twice.

    Attributes:
        first: the column under which a row that breaks the rule is rejected.
        second: the other column.
        reason: code of the rejection, see `features/ingest/reasons.py`.
    """

    first: str
    second: str
    reason: str = "incomplete_coordinates"


@dataclass(frozen=True, slots=True)
class Companion:
    """A column that a row has if another column holds one of some words, and only then.

    Attributes:
        column: under which a row that breaks the rule is rejected.
        beside: the column of the words.
        words: that need the column.
        missing: code of the rejection of a row that lacks it, see `features/ingest/reasons.py`.
        unasked: code of the rejection of a row that has it beside another word.
    """

    column: str
    beside: str
    words: frozenset[str]
    missing: str
    unasked: str


@dataclass(frozen=True, slots=True)
class Product:
    """An amount that is a quantity times a price in rows that do not state it.

    Attributes:
        amount: the column of the amount.
        quantity: the first factor.
        price: the second factor, in the currency of the row.
    """

    amount: str
    quantity: str
    price: str
