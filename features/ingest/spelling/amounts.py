"""Write amounts as plain decimals: signs, marks, products, sums, debits and credits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
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
#: Digits beyond those that a rounding of floating point needs.
_NOISE = r"(\.[0-9]{6})[0-9]+$"
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
        texts: as delivered, or products, or sums.
        column: name for the verdict.
        verdicts: receives texts in another form.
        description: the declared spelling.
        signs: signs and codes beside those of the description.
    """
    form = Form.of(description, signs)
    if description.product is None and description.sum is None and form != _PLAIN:
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
    factors = [_decimals(part, column, verdicts, form, description) for part in parts]
    products = pc.multiply(*factors)
    rounded = pc.cast(products, _PRODUCT_TYPE, safe=False)
    if description.rounding is None:
        inexact = pc.not_equal(pc.cast(rounded, products.type), products)
        verdicts.reject(mask_of(inexact), RowReason.AMOUNT_TOO_PRECISE, column)
    return decimals.times_ten(pc.cast(rounded, TEXT), 0)


def total(
    parts: Sequence[pa.Array],
    column: str,
    verdicts: Verdicts,
    description: ColumnDescription,
    signs: Sequence[str] = (),
) -> pa.Array:
    """Return the exact sums of columns as plain decimals; null where no part has a value."""
    form = Form.of(description, signs)
    values = [_decimals(part, column, verdicts, form, description) for part in parts]
    has_value = np.logical_or.reduce([mask_of(pc.is_valid(value)) for value in values])
    added = pc.fill_null(values[0], 0)
    for value in values[1:]:
        # the next sum needs a digit more, and the same type holds twenty of them
        added = pc.cast(pc.add(added, pc.fill_null(value, 0)), _PRODUCT_TYPE)
    return pc.if_else(
        pa.array(has_value), decimals.times_ten(pc.cast(added, TEXT), 0), pa.scalar(None, TEXT)
    )


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


def _decimals(
    part: pa.Array,
    column: str,
    verdicts: Verdicts,
    form: Form,
    description: ColumnDescription,
) -> pa.Array:
    """Return the numbers of one column as exact decimals of six digits."""
    numbers = _numbers(part, column, verdicts, form)
    if description.rounding is not None:
        numbers = pc.replace_substring_regex(numbers, _NOISE, r"\1")
    fits = matches(numbers, _FACTOR)
    too_precise = mask_of(pc.is_valid(numbers)) & ~fits
    verdicts.reject(too_precise, RowReason.AMOUNT_TOO_PRECISE, column)
    return pc.cast(pc.if_else(pa.array(fits), numbers, pa.scalar(None, TEXT)), _FACTOR_TYPE)


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
