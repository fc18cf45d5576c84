"""State the accepted text of each kind of value, without any option of a description.

The documentation shows the forms. A test gives every example to the checks of ingest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from features.feeds.columns import ColumnKind


class Form(NamedTuple):
    """The accepted text of one kind.

    Attributes:
        accepted: in words.
        examples: texts that ingest accepts.
        refused: texts that ingest rejects; empty where every text is accepted.
    """

    accepted: str
    examples: tuple[str, ...]
    refused: tuple[str, ...] = ()


_FLAG = Form(
    "true or false, in the words of most exports, or the source's own `true_words`",
    ("true", "False", "1", "0"),
    ("perhaps",),
)
_DATE = Form("a date of ISO 8601 from 2000 on, or in the declared `format`", ("2026-03-01",))

#: The accepted text by kind.
FORMS: Mapping[ColumnKind, Form] = {
    ColumnKind.ID: Form(
        "text or a whole number of at most 128 bytes, without blanks around it",
        ("4711", "C-0815"),
        ("596.0", "1.2E+11", " 7"),
    ),
    ColumnKind.TEXT: Form("any text without control characters", ("web", "DE-BE")),
    ColumnKind.AMOUNT: Form(
        "a decimal number above zero, with no more digits than the currency has",
        ("12.30", "7"),
        ("-1", "1,50", "$3"),
    ),
    ColumnKind.BALANCE: Form("as an amount, or zero", ("0", "1200.50"), ("-1",)),
    ColumnKind.CURRENCY: Form("a code of ISO 4217, see below", ("EUR", "JPY"), ("Euro", "NIS")),
    ColumnKind.INSTANT: Form(
        "a time of ISO 8601 from 2000 on, with an offset unless the source states `time_zone`",
        ("2026-03-01T14:02:11Z", "2026-03-01 14:02:11+01:00"),
        ("01.03.2026", "1772370131"),
    ),
    ColumnKind.DATE: _DATE._replace(refused=("01.03.2026",)),
    ColumnKind.INTEGER: Form("a whole number of 32 bits", ("3", "-2", "1.0"), ("1.5",)),
    ColumnKind.SHARE: Form("a number from 0 to 1", ("0.25", "1"), ("25",)),
    ColumnKind.PERCENT: Form("a percentage, with or without its sign", ("54.5", "54.5%"), ("-3",)),
    ColumnKind.COUNT: Form("a whole number from 0 on", ("0", "3", "3.0"), ("-1",)),
    ColumnKind.RATE: Form("a number above zero", ("1.0842",), ("0",)),
    ColumnKind.FLAG: _FLAG,
    ColumnKind.LIST: Form(
        "texts with `list_separator` between them, or a list of JSON or Parquet", ("vip|online",)
    ),
    ColumnKind.PROVENANCE: Form("an origin that `provenance_rank` lists", ("chargeback",), ("x",)),
    ColumnKind.PAST_DATE: Form("a date from 1900 on", ("1987-05-01",), ("1887-05-01",)),
    ColumnKind.SCORE: Form("a whole number from 300 to 850", ("735",), ("9999",)),
    ColumnKind.TERM: Form("months, at most 600", ("36", "36 months"), ("three years",)),
    ColumnKind.EMPLOYMENT: Form(
        "years of employment, up to ten", ("< 1 year", "5 years", "10+ years", "n/a"), ("long",)
    ),
    ColumnKind.OUTCOME: Form("an outcome that `outcomes` lists", ("fully_paid",), ("gone",)),
    ColumnKind.EXCEPTION: _FLAG,
    ColumnKind.KIND: Form(
        "purchase, refund, reversal or check; without a text the sign of the amount decides",
        ("purchase", "refund", "reversal", "check"),
        ("Refund", "credit"),
    ),
    ColumnKind.QUANTITY: Form(
        "a number above zero, of at most seven digits and six decimals", ("3", "0.75"), ("0", "x")
    ),
    ColumnKind.EVENT: Form(
        "sale, return or cancellation; without a text the sign of the quantity decides",
        ("sale", "return", "cancellation"),
        ("Return", "refund"),
    ),
    ColumnKind.STOCK: Form("as a quantity, or zero", ("0", "12", "0.75"), ("-1", "x")),
    ColumnKind.MOVEMENT: Form(
        "receipt, sale, return, transfer or write_off",
        ("receipt", "sale", "return", "transfer", "write_off"),
        ("Receipt", "adjustment"),
    ),
    ColumnKind.EXPECTED: Form(
        "as a time, which may lie ahead",
        ("2026-12-24T09:00:00Z", "2027-02-01 00:00:00+01:00"),
        ("next week",),
    ),
    ColumnKind.DAYS: Form("a number of days from 0 to 3,650", ("3", "1.5", "0"), ("-1", "a week")),
    ColumnKind.WEEKDAYS: Form(
        "weekdays by the first three letters of their English names, with a blank between them",
        ("mon thu", "Fri"),
        ("monday", "mon,thu"),
    ),
    ColumnKind.PLACE: Form(
        "a code of a place, see below; or a code of the feed `places`", ("AT-9", "FR")
    ),
    ColumnKind.COUNTRY: Form("a code of ISO 3166 with two letters", ("AT",), ("Austria",)),
    ColumnKind.TIME_ZONE: Form("a name of the IANA database", ("Europe/Vienna",), ("CET+1",)),
    ColumnKind.LATITUDE: Form("degrees north, from -90 to 90", ("48.2082",), ("91",)),
    ColumnKind.LONGITUDE: Form("degrees east, from -180 to 180", ("16.3738",), ("181",)),
}

#: The meaning of each directive of `format`.
DIRECTIVES: Mapping[str, str] = {
    "%Y": "year of four digits",
    "%y": (
        "year of two digits: the latest such year that is not in the future; of a date that may "
        "lie ahead, not more than ten years ahead"
    ),
    "%m": "month, 1 to 12",
    "%b": "short name of the month in English, such as Mar",
    "%B": "name of the month in English, such as March",
    "%d": "day of the month, 1 to 31",
    "%j": "day of the year, 1 to 366",
    "%H": "hour, 0 to 23",
    "%I": "hour, 1 to 12, together with `%p`",
    "%p": "AM or PM",
    "%M": "minute",
    "%S": "second",
    "%f": "fraction of a second, up to nine digits",
    "%z": "offset from UTC, such as +01:00 or Z",
    "%a": "short name of the weekday in English; the date decides",
    "%A": "name of the weekday in English; the date decides",
    "%%": "a percent sign",
}
