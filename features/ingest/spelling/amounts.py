"""Write amounts as plain decimals: signs, marks, products, debits and credits."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from features.ingest.reasons import RowReason
from features.ingest.spelling import decimals
from features.ingest.spelling.decimals import Form
from features.ingest.spelling.delivered import TEXT
from features.ingest.times import mask_of, matches
from features.ingest.verdicts import Verdicts
from features.sources.columns import ColumnDescription

_FACTOR = r"^-?[0-9]{1,12}(?:\.[0-9]{1,6})?$"
_FACTOR_TYPE, _PRODUCT_TYPE = pa.decimal128(18, 6), pa.decimal128(31, 6)
_PLAIN = Form()


def canonical(
    texts: pa.Array,
    column: str,
    verdicts: Verdicts,
    description: ColumnDescription,
    signs: Sequence[str] = (),
) -> pa.Array:
    """Return amounts as plain decimals; a purchase is positive and a refund is negative.

    Args:
        texts: as delivered, or products.
        column: name for the verdict.
        verdicts: receives texts in another form.
        description: the declared spelling.
        signs: signs and codes beside those of the description.
    """
    form = Form.of(description, signs)
    if description.product is None and form != _PLAIN:
        texts = _numbers(texts, column, verdicts, form)
    if description.sign == "debit_negative":
        return _negated(texts)
    return texts


def product(
    parts: Sequence[pa.Array],
    column: str,
    verdicts: Verdicts,
    description: ColumnDescription,
    signs: Sequence[str] = (),
) -> pa.Array:
    """Return the exact products of two columns as plain decimals."""
    form = Form.of(description, signs)
    factors = []
    for part in parts:
        numbers = _numbers(part, column, verdicts, form)
        fits = matches(numbers, _FACTOR)
        too_precise = mask_of(pc.is_valid(numbers)) & ~fits
        verdicts.reject(too_precise, RowReason.AMOUNT_TOO_PRECISE, column)
        fitting = pc.if_else(pa.array(fits), numbers, pa.scalar(None, TEXT))
        factors.append(pc.cast(fitting, _FACTOR_TYPE))
    products = pc.multiply(*factors)
    rounded = pc.cast(products, _PRODUCT_TYPE, safe=False)
    if description.rounding is None:
        inexact = pc.not_equal(pc.cast(rounded, products.type), products)
        verdicts.reject(mask_of(inexact), RowReason.AMOUNT_TOO_PRECISE, column)
    return decimals.times_ten(pc.cast(rounded, TEXT), 0)


def signs_of(texts: pa.Array, meanings: Sequence[str]) -> pa.Array:
    """Return the sign or code of `meanings` that is written with each amount; null without one."""
    found = pa.nulls(len(texts), TEXT)
    for sign in meanings:
        # the longest sign wins: `US$` is not `$`
        others = tuple(other for other in meanings if sign in other and other != sign)
        has_sign = pc.match_substring(texts, sign)
        for other in others:
            has_sign = pc.and_(has_sign, pc.invert(pc.match_substring(texts, other)))
        found = pc.if_else(pc.and_(has_sign, pc.is_null(found)), sign, found)
    return found


def _numbers(texts: pa.Array, column: str, verdicts: Verdicts, form: Form) -> pa.Array:
    numbers, good = decimals.plain(texts, form)
    strange = mask_of(pc.is_valid(texts)) & ~good
    verdicts.reject(strange, RowReason.AMOUNT_NOT_A_NUMBER, column)
    return numbers


def _negated(texts: pa.Array) -> pa.Array:
    is_negative = pc.starts_with(texts, "-")
    bare = pc.utf8_ltrim(texts, "+-")
    is_zero = pc.match_substring_regex(bare, r"^0+(?:\.0*)?$")
    flipped = pc.binary_join_element_wise("-", bare, "")
    return pc.if_else(pc.or_(is_negative, is_zero), bare, flipped)
