"""Declare one column of a feed: its names, the kind of its values, and which rows need one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import LiteralString


class ColumnKind(StrEnum):
    """How the text of a column is parsed."""

    ID = "id"
    TEXT = "text"
    AMOUNT = "amount"
    BALANCE = "balance"  # an amount that may be zero
    CURRENCY = "currency"
    INSTANT = "instant"
    DATE = "date"
    INTEGER = "integer"
    SHARE = "share"  # a score from 0 to 1
    PERCENT = "percent"
    COUNT = "count"
    RATE = "rate"
    FLAG = "flag"
    LIST = "list"
    PROVENANCE = "provenance"
    PAST_DATE = "past_date"  # of the last century or this one
    SCORE = "score"  # of a bureau, on the scale of FICO
    TERM = "term"
    EMPLOYMENT = "employment"
    OUTCOME = "outcome"
    EXCEPTION = "exception"  # a flag, or an outcome that says so
    QUANTITY = "quantity"  # of a product; the event or the movement keeps its sign
    EVENT = "event"  # of a line of an order: sale, return or cancellation
    STOCK = "stock"  # pieces at a place; may be zero
    MOVEMENT = "movement"  # of stock: receipt, sale, return, transfer or write_off
    EXPECTED = "expected"  # an instant that may lie ahead
    DAYS = "days"  # a duration
    WEEKDAYS = "weekdays"  # such as `mon thu`
    KIND = "kind"  # of a transaction: purchase, refund, reversal or check
    PLACE = "place"  # code of a place: of `dbt/seeds/places.csv`, of a country, or the source's own
    COUNTRY = "country"
    TIME_ZONE = "time_zone"
    LATITUDE = "latitude"  # degrees north
    LONGITUDE = "longitude"  # degrees east


_SQL_TYPES: Mapping[ColumnKind, LiteralString] = {
    ColumnKind.AMOUNT: "bigint",
    ColumnKind.BALANCE: "bigint",
    ColumnKind.INSTANT: "timestamptz",
    ColumnKind.DATE: "date",
    ColumnKind.INTEGER: "integer",
    ColumnKind.SHARE: "double precision",
    ColumnKind.RATE: "numeric(24, 12)",
    ColumnKind.QUANTITY: "numeric(15, 6)",
    ColumnKind.STOCK: "numeric(15, 6)",
    ColumnKind.EXPECTED: "timestamptz",
    ColumnKind.DAYS: "double precision",
    ColumnKind.FLAG: "boolean",
    ColumnKind.EXCEPTION: "boolean",
    ColumnKind.LIST: "text[]",
    ColumnKind.PERCENT: "double precision",
    ColumnKind.COUNT: "integer",
    ColumnKind.PAST_DATE: "date",
    ColumnKind.SCORE: "integer",
    ColumnKind.TERM: "integer",
    ColumnKind.EMPLOYMENT: "integer",
    ColumnKind.LATITUDE: "double precision",
    ColumnKind.LONGITUDE: "double precision",
}

#: The columns whose dates and times may lie ahead.
AHEAD = frozenset((ColumnKind.EXPECTED, ColumnKind.DATE))

#: The columns that hold money, all in the currency of their row.
MONEY = frozenset((ColumnKind.AMOUNT, ColumnKind.BALANCE))

#: The columns that hold a time.
TIMED = frozenset((ColumnKind.INSTANT, ColumnKind.EXPECTED))

#: The columns that hold a date or a time.
DATED = TIMED | {ColumnKind.DATE, ColumnKind.PAST_DATE}

#: The columns whose text is the value itself; a rounded number has lost some of it.
TEXTUAL = frozenset(
    (
        ColumnKind.ID,
        ColumnKind.TEXT,
        ColumnKind.CURRENCY,
        ColumnKind.PROVENANCE,
        ColumnKind.OUTCOME,
        ColumnKind.KIND,
        ColumnKind.EVENT,
        ColumnKind.MOVEMENT,
        ColumnKind.WEEKDAYS,
        ColumnKind.PLACE,
        ColumnKind.COUNTRY,
        ColumnKind.TIME_ZONE,
    )
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a feed.

    Attributes:
        name: the canonical name, to which a source description maps a delivered column.
        target: the column of the landed and of the raw table.
        kind: how its text is parsed.
        is_required: a row without a value is rejected.
        is_filled: no landed row lacks a value, for the row or the source states one.
        is_key: part of what makes two rows of one file the same thing.
        is_added: the column is younger than stored rows, whose digests do not cover it.
        default: the value of an added column in rows that are older than the column.
    """

    name: str
    target: str
    kind: ColumnKind
    is_required: bool
    is_filled: bool
    is_key: bool
    is_added: bool = False
    default: LiteralString | None = None

    @property
    def sql_type(self) -> LiteralString:
        """The Postgres type in the landed and in the raw table."""
        return _SQL_TYPES.get(self.kind, "text")


def column(
    name: str,
    kind: ColumnKind = ColumnKind.TEXT,
    target: str | None = None,
    *,
    required: bool = False,
    filled: bool = False,
    key: bool = False,
) -> Column:
    """Declare a column; it has one name where no target is given, and is filled where required."""
    return Column(name, target or name, kind, required, required or filled, key)


def added(column: Column, default: LiteralString | None = None) -> Column:
    """Declare a column that is younger than stored rows, which have its default."""
    return replace(column, is_added=True, default=default)
