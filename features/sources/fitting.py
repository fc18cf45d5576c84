"""Decide which origins and options fit a kind of column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from features.feeds import Feed
from features.feeds.columns import DATED, MONEY, TIMED, Column, ColumnKind

#: The keys of a described column that state its origin.
ORIGINS = (
    *("column", "columns", "product", "sum", "constant", "generate", "file_name"),
    "from_amount",
)
CODES = frozenset((ColumnKind.CURRENCY,))

_ALL = frozenset(ColumnKind)
_NAMES = frozenset((ColumnKind.ID, ColumnKind.TEXT))
_FLAGS = frozenset((ColumnKind.FLAG, ColumnKind.EXCEPTION))
_FRACTIONS = MONEY | {
    *(ColumnKind.RATE, ColumnKind.PERCENT, ColumnKind.SHARE),
    *(ColumnKind.LATITUDE, ColumnKind.LONGITUDE, ColumnKind.QUANTITY),
    *(ColumnKind.STOCK, ColumnKind.DAYS),
}
_WHOLE = frozenset((ColumnKind.COUNT, ColumnKind.INTEGER, ColumnKind.SCORE))
_UNITS: Mapping[ColumnKind, tuple[str, ...]] = {
    **dict.fromkeys(MONEY, ("major", "minor")),
    **dict.fromkeys((ColumnKind.PERCENT, ColumnKind.SHARE), ("share", "percent")),
    **dict.fromkeys((ColumnKind.TERM, ColumnKind.EMPLOYMENT), ("months", "years")),
}
#: The column that keeps the direction of a number, by the meaning of its minus.
_DIRECTIONS: Mapping[str, ColumnKind] = {
    **dict.fromkeys(("debit_negative", "credit_negative"), ColumnKind.KIND),
    "returns_negative": ColumnKind.EVENT,
    "outgoing_negative": ColumnKind.MOVEMENT,
}
#: The meanings of a minus by the kind of the number.
_SIGNS: Mapping[ColumnKind, tuple[str, ...]] = {
    ColumnKind.AMOUNT: ("debit_negative", "credit_negative"),
    ColumnKind.QUANTITY: ("returns_negative", "outgoing_negative"),
}
#: Their words have keys of their own, or their texts are numbers and times.
_WITHOUT_MAP = _FRACTIONS | DATED | _FLAGS | {ColumnKind.OUTCOME, ColumnKind.LIST}

#: The kinds that an origin or an option fits. A new kind takes the keys of `_ALL` and `map`.
KINDS: Mapping[str, frozenset[ColumnKind]] = {
    "column": _ALL,
    "columns": _NAMES | DATED,
    "product": MONEY,
    "sum": MONEY,
    "constant": _ALL,
    "generate": frozenset((ColumnKind.ID,)),
    "file_name": _ALL,
    "from_amount": CODES,
    "null_tokens": _ALL,
    "trim": _ALL - {ColumnKind.LIST},
    "map": _ALL - _WITHOUT_MAP,
    "replace": _ALL - _WITHOUT_MAP,
    "starts_with": _ALL - _WITHOUT_MAP,
    "matches": frozenset((ColumnKind.FLAG,)),
    "otherwise": _ALL - _WITHOUT_MAP,
    "separator": _NAMES,
    "floats": frozenset((ColumnKind.ID,)),
    "prefix": frozenset((ColumnKind.ID,)),
    "true_words": _FLAGS,
    "false_words": _FLAGS,
    "format": DATED,
    "since": TIMED,
    "zone": TIMED,
    "ambiguous": TIMED,
    "nonexistent": TIMED,
    "unit": frozenset(_UNITS),
    "decimal": _FRACTIONS,
    "thousands": _FRACTIONS | _WHOLE,
    "currency_sign": MONEY,
    "negative": MONEY,
    "exponents": MONEY,
    "rounding": MONEY,
    "sign": frozenset(_SIGNS),
}
_INSTEAD = {
    ("map", ColumnKind.OUTCOME): "the feed's key outcomes says what each outcome means",
    ("map", ColumnKind.FLAG): "true_words and false_words say what each text means",
    ("generate", ColumnKind.ID): "only the key of a feed can be generated",
}


def misfit(stated: Sequence[str], column: Column) -> str | None:
    """Return the first key that does not fit a column, with those that fit; None if all fit."""
    for key in stated:
        fits = column.kind in KINDS[key] and (key != "generate" or column.is_key)
        if fits:
            continue
        instead = _INSTEAD.get((key, column.kind))
        able = [name for name, kinds in KINDS.items() if column.kind in kinds]
        origins = [name for name in able if name in ORIGINS]
        options = [name for name in able if name not in ORIGINS]
        hint = instead or f"origins are {', '.join(origins)}; options are {', '.join(options)}"
        return f"{key}: does not fit {column.name}, a column of kind {column.kind}; {hint}"
    return None


def misfit_of_unit(unit: str, kind: ColumnKind) -> str | None:
    """Return why a unit does not fit a kind, or None if it fits."""
    if unit in _UNITS[kind]:
        return None
    return f"unit: {unit} does not fit kind {kind}; write {' or '.join(_UNITS[kind])}"


def misfit_of_sign(sign: str, kind: ColumnKind, feed: Feed) -> str | None:
    """Return why a sign does not fit a kind, or why a feed loses it; None if it fits."""
    if sign not in _SIGNS[kind]:
        return f"sign: does not fit kind {kind}; write {' or '.join(_SIGNS[kind])}"
    if feed.column_of(_DIRECTIONS[sign]):
        return None
    able = [name for name, keeps in _DIRECTIONS.items() if feed.column_of(keeps)]
    hint = f"write {' or '.join(able)}" if able else "leave it out"
    return f"sign: {feed.name} has no column of kind {_DIRECTIONS[sign]}; {hint}"
