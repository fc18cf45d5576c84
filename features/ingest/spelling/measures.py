"""Write shares, percentages, rates, counts, terms and years in their canonical unit and marks."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from features.feeds.columns import Column, ColumnKind
from features.ingest.reasons import RowReason
from features.ingest.spelling import decimals
from features.ingest.spelling.decimals import Form
from features.ingest.spelling.delivered import TEXT
from features.ingest.times import mask_of
from features.ingest.verdicts import Verdicts
from features.sources.columns import ColumnDescription

_REASONS = {
    ColumnKind.SHARE: RowReason.NOT_A_SHARE,
    ColumnKind.PERCENT: RowReason.NOT_A_PERCENTAGE,
    ColumnKind.COUNT: RowReason.NOT_A_COUNT,
    ColumnKind.INTEGER: RowReason.NOT_AN_INTEGER,
    ColumnKind.SCORE: RowReason.NOT_A_CREDIT_SCORE,
    ColumnKind.QUANTITY: RowReason.NOT_A_QUANTITY,
    ColumnKind.STOCK: RowReason.NOT_A_STOCK,
    ColumnKind.DAYS: RowReason.NOT_A_DURATION,
}
_DURATION = r"^ *(?P<number>[0-9]{1,3})(?:\.0*)? *(?i:y|yrs?|years?|m|mos?|months?)? *$"


def canonical(
    texts: pa.Array, column: Column, verdicts: Verdicts, description: ColumnDescription
) -> pa.Array:
    """Return numbers in the canonical unit of their kind; other kinds are unchanged."""
    kind, unit = column.kind, description.unit
    if kind in (ColumnKind.TERM, ColumnKind.EMPLOYMENT):
        return texts if unit is None else _durations(texts, column, unit, verdicts)
    is_other_unit = (kind, unit) in (
        (ColumnKind.SHARE, "percent"),
        (ColumnKind.PERCENT, "share"),
    )
    if not (is_other_unit or description.decimal or description.thousands):
        return texts
    bare = pc.utf8_rtrim(texts, "% ") if kind is ColumnKind.PERCENT or is_other_unit else texts
    form = Form(description.decimal or ".", description.thousands, exponents=True)
    numbers, good = decimals.plain(bare, form)
    reason = _REASONS.get(kind, RowReason.NOT_A_NUMBER)
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~good, reason, column.name)
    if is_other_unit:
        return decimals.times_ten(numbers, -2 if unit == "percent" else 2)
    return numbers


def _durations(texts: pa.Array, column: Column, unit: str, verdicts: Verdicts) -> pa.Array:
    """Return terms in months and employments in years, from whole numbers of the declared unit."""
    parts = pc.extract_regex(texts, _DURATION)
    good = mask_of(pc.is_valid(parts))
    is_term = column.kind is ColumnKind.TERM
    reason = RowReason.NOT_A_TERM if is_term else RowReason.NOT_AN_EMPLOYMENT
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~good, reason, column.name)
    digits = pc.if_else(pa.array(good), pc.struct_field(parts, "number"), pa.scalar(None, TEXT))
    numbers = pc.cast(digits, pa.int32())
    if is_term:
        return pc.cast(pc.multiply(numbers, 12) if unit == "years" else numbers, TEXT)
    years = pc.divide(numbers, 12) if unit == "months" else numbers
    return pc.cast(pc.min_element_wise(years, 10, skip_nulls=False), TEXT)
