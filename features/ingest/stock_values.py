"""Parse the values of stock and its supply: pieces at a place, movements, durations, weekdays."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from features.feeds.stock_movements import INCOMING, MOVEMENTS, TRANSFER
from features.ingest import numbers
from features.ingest.reasons import RowReason
from features.ingest.times import mask_of, matches
from features.ingest.verdicts import Mask, Verdicts

_STOCK = r"^\+?[0-9]{1,7}(?:\.[0-9]{1,6}0*)?$"
_NEGATIVE = r"^-[0-9]+(?:\.[0-9]*)?$"
_WEEKDAY = "(?:mon|tue|wed|thu|fri|sat|sun)"
_WEEKDAYS = rf"^{_WEEKDAY}(?: {_WEEKDAY})*$"
LONGEST_DAYS = 3650


def stocks(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return pieces from zero on as text for a numeric column of Postgres, which reads them."""
    good = matches(texts, _STOCK)
    verdicts.reject(matches(texts, _NEGATIVE), RowReason.NEGATIVE_STOCK, column)
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~good, RowReason.NOT_A_STOCK, column)
    return _only(texts, good)


def durations(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return numbers of days; null without a value and in rejected rows."""
    values = numbers.finite(texts)
    inside = pc.and_(pc.greater_equal(values, 0.0), pc.less_equal(values, float(LONGEST_DAYS)))
    strange = mask_of(pc.is_valid(texts)) & ~mask_of(inside)
    verdicts.reject(strange, RowReason.NOT_A_DURATION, column)
    return pc.if_else(inside, values, None)


def weekdays(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return the weekdays of each row, in small letters; null in rejected rows."""
    small = pc.utf8_lower(texts)
    good = matches(small, _WEEKDAYS)
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~good, RowReason.NOT_WEEKDAYS, column)
    return _only(small, good)


def movements(stated: pa.Array, leaves: Mask | None, verdicts: Verdicts, column: str) -> pa.Array:
    """Return the movement of each row; null in rejected rows.

    A movement must fit the sign: pieces of a sale and a write-off leave, those of a receipt and a
    return do not. A transfer has either sign, for it is seen from one of two locations.

    Args:
        stated: the movements of a column.
        leaves: the rows whose quantity has a minus; None where quantities have no sign.
        verdicts: receives unknown movements, and movements that contradict the sign.
        column: name for the verdict.
    """
    is_known = mask_of(pc.is_in(stated, pa.array(MOVEMENTS)))
    verdicts.reject(mask_of(pc.is_valid(stated)) & ~is_known, RowReason.UNKNOWN_MOVEMENT, column)
    if leaves is not None:
        comes = mask_of(pc.is_in(stated, pa.array(sorted(INCOMING))))
        either = mask_of(pc.equal(stated, TRANSFER))
        against = is_known & ~either & (comes == leaves)
        verdicts.reject(against, RowReason.MOVEMENT_AGAINST_SIGN, column)
    return _only(stated, verdicts.passed)


def _only(texts: pa.Array, rows: Mask) -> pa.Array:
    return pc.if_else(pa.array(rows), texts, pa.scalar(None, pa.string()))
