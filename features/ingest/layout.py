"""The columns of each feed: what they are called here, what they hold, how they are checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from features.canonical import CANONICAL


class Kind(StrEnum):
    """How the text of a column is read."""

    ID = "id"
    TEXT = "text"
    AMOUNT = "amount"
    CURRENCY = "currency"
    INSTANT = "instant"
    DATE = "date"
    INTEGER = "integer"
    NUMBER = "number"
    RATE = "rate"
    FLAG = "flag"
    LIST = "list"
    PROVENANCE = "provenance"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: canonical name, name and Postgres type in `landed` and `raw`, kind."""

    name: str
    target: str
    sql_type: str
    kind: Kind
    is_required: bool


_SQL_TYPES = {
    Kind.AMOUNT: "bigint",
    Kind.INSTANT: "timestamptz",
    Kind.DATE: "date",
    Kind.INTEGER: "integer",
    Kind.NUMBER: "double precision",
    Kind.RATE: "numeric(24, 12)",
    Kind.FLAG: "boolean",
    Kind.LIST: "text[]",
}

_KINDS: Mapping[str, Kind] = {
    "transaction_id": Kind.ID,
    "customer_id": Kind.ID,
    "merchant_id": Kind.ID,
    "device_id": Kind.ID,
    "timestamp": Kind.INSTANT,
    "known_at": Kind.INSTANT,
    "amount": Kind.AMOUNT,
    "currency": Kind.CURRENCY,
    "type": Kind.INTEGER,
    "customer_segments": Kind.LIST,
    "merchant_risk_score": Kind.NUMBER,
    "card_risk_score": Kind.NUMBER,
    "customer_risk_score": Kind.NUMBER,
    "is_velocity_alert": Kind.FLAG,
    "is_location_alert": Kind.FLAG,
    "is_device_alert": Kind.FLAG,
    "is_high_value": Kind.FLAG,
    "is_fraud": Kind.FLAG,
    "provenance": Kind.PROVENANCE,
    "rate_date": Kind.DATE,
    "rate": Kind.RATE,
}

_TARGETS: Mapping[str, str] = {
    "timestamp": "occurred_at",
    "amount": "amount_minor",
    "currency": "currency_code",
    "type": "transaction_type",
    "location": "location_code",
    "known_at": "declared_known_at",
}


def _column(name: str, *, is_required: bool) -> Column:
    kind = _KINDS.get(name, Kind.TEXT)
    return Column(name, _TARGETS.get(name, name), _SQL_TYPES.get(kind, "text"), kind, is_required)


#: By feed, in the order in which columns are checked and stored.
LAYOUTS: Mapping[str, tuple[Column, ...]] = {
    feed: tuple(_column(name, is_required=must) for name, must in names.items())
    for feed, names in CANONICAL.items()
}

#: The label that some transaction files carry; it stands in `landed` only where the source has one.
INLINE_LABEL = Column("is_fraud", "inline_is_fraud", "boolean", Kind.FLAG, is_required=False)

#: What makes two rows of one file the same thing.
KEYS: Mapping[str, tuple[str, ...]] = {
    "transactions": ("transaction_id",),
    "transaction_labels": ("transaction_id", "provenance"),
    "fx_rates": ("currency_code", "rate_date"),
}
