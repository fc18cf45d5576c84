"""Parse the values of sold lines: quantities, and the event that keeps their direction."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.feeds.sales import EVENTS, RETURN, SALE
from features.ingest.reasons import RowReason
from features.ingest.times import mask_of, matches
from features.ingest.verdicts import Mask, Verdicts

_QUANTITY = r"^\+?[0-9]{1,7}(?:\.[0-9]{1,6}0*)?$"
_ZERO = r"^\+?0+(?:\.0*)?$"
_EVENTS = pa.array(EVENTS)


def quantities(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return quantities above zero as text for a numeric column of Postgres, which reads them."""
    good = matches(texts, _QUANTITY) & ~matches(texts, _ZERO)
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~good, RowReason.NOT_A_QUANTITY, column)
    return pc.if_else(pa.array(good), texts, pa.scalar(None, pa.string()))


def events(stated: pa.Array, comes_back: Mask | None, verdicts: Verdicts, column: str) -> pa.Array:
    """Return the event of each line; null in rejected rows.

    A stated event is kept and must fit the sign: goods of a sale do not come back, those of a
    return and of a cancellation do. Without a statement a negative quantity is a return.

    Args:
        stated: the events of a column; null where there is none.
        comes_back: the rows whose quantity has a minus; None where quantities have no sign.
        verdicts: receives unknown events, and events that contradict the sign.
        column: name for the verdict.
    """
    is_stated = mask_of(pc.is_valid(stated))
    is_known = mask_of(pc.is_in(stated, _EVENTS))
    verdicts.reject(is_stated & ~is_known, RowReason.UNKNOWN_EVENT, column)
    derived = np.full(len(stated), SALE, object)
    if comes_back is not None:
        derived[comes_back] = RETURN
        against = is_known & (mask_of(pc.equal(stated, SALE)) == comes_back)
        verdicts.reject(against, RowReason.EVENT_AGAINST_SIGN, column)
    values = pc.if_else(pa.array(is_stated), stated, pa.array(derived, pa.string()))
    return pc.if_else(pa.array(verdicts.passed), values, pa.scalar(None, pa.string()))
