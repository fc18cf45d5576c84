"""Decide the kind of a transaction: stated in a column, or derived from the sign of its amount.

A signed amount is positive where the customer pays and negative where money comes back. A row that
costs nothing is a card check. An amount is stored without its sign; the kind keeps the direction.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.feeds.transactions import CHECK, KINDS, PURCHASE, REFUND
from features.ingest.reasons import RowReason
from features.ingest.times import mask_of
from features.ingest.verdicts import Mask, Verdicts

_KINDS = pa.array(KINDS)


def unsigned(texts: pa.Array) -> tuple[pa.Array, Mask]:
    """Return amounts without their minus, and the rows that had one."""
    comes_back = mask_of(pc.starts_with(texts, "-"))
    return (pc.utf8_ltrim(texts, "-"), comes_back) if comes_back.any() else (texts, comes_back)


def decide(
    stated: pa.Array,
    amounts: pa.Array,
    comes_back: Mask | None,
    verdicts: Verdicts,
    *,
    names: tuple[str, str],
    allow_zero: bool,
) -> pa.Array:
    """Return the kind of each row; null in rejected rows.

    A stated kind is kept. It must fit the sign: money of a purchase does not come back, that of a
    refund does, and that of a reversal goes either way. A check may cost nothing in every source.

    Args:
        stated: the kinds of a column; null where there is none.
        amounts: in minor units, without sign; null in rejected rows.
        comes_back: the rows whose amount has a minus; None where amounts have no sign.
        verdicts: receives unknown kinds, kinds that contradict the sign, and refused zeros.
        names: the columns of kind and amount.
        allow_zero: whether a row that states no check may cost nothing.
    """
    kind, amount = names
    is_known = mask_of(pc.is_in(stated, _KINDS))
    is_stated = mask_of(pc.is_valid(stated))
    verdicts.reject(is_stated & ~is_known, RowReason.UNKNOWN_KIND, kind)
    is_zero = mask_of(pc.equal(amounts, 0))
    derived = np.where(is_zero, CHECK, PURCHASE)
    if comes_back is not None:
        comes_back = comes_back & ~is_zero
        derived = np.where(comes_back, REFUND, derived)
        given = pc.fill_null(stated, "").to_numpy(zero_copy_only=False)
        against = ((given == PURCHASE) & comes_back) | ((given == REFUND) & ~comes_back & ~is_zero)
        verdicts.reject(against, RowReason.KIND_AGAINST_SIGN, kind)
    kinds = pc.if_else(pa.array(is_stated), stated, pa.array(derived.astype(str)))
    if not allow_zero:
        is_check = is_stated & mask_of(pc.equal(stated, CHECK))
        verdicts.reject(is_zero & ~is_check, RowReason.AMOUNT_NOT_POSITIVE, amount)
    return pc.if_else(pa.array(verdicts.passed), kinds, pa.scalar(None, pa.string()))
