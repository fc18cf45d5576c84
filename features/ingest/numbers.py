"""Parse numbers exactly: money in minor units, rates, scores, whole numbers, flags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.ingest.reasons import RowReason
from features.ingest.times import mask_of, matches
from features.ingest.verdicts import Mask, Verdicts
from features.platform.currencies import EXPONENTS, MAX_EXPONENT

MAX_MINOR = 10**12 - 1  # one digit shorter than the shortest card number
_WHOLE_DIGITS = 13
_NUMBER = r"^[+-]?[0-9]+(?:\.[0-9]+)?$"
_FITS = rf"^\+?[0-9]{{1,{_WHOLE_DIGITS}}}(?:\.[0-9]{{1,{MAX_EXPONENT}}})?$"
_TRAILING_ZEROS = rf"(\.[0-9]{{{MAX_EXPONENT}}})0+$"
_SCALED = pa.decimal128(_WHOLE_DIGITS + MAX_EXPONENT + 1, MAX_EXPONENT)
_INTEGER = r"^[+-]?[0-9]{1,10}(?:\.0*)?$"
_FLOAT = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_ZERO_FRACTION = r"^([+-]?[0-9]+)\.0*$"
_TRUE = pa.array(["true", "True", "TRUE", "t", "1", "1.0"])
_FALSE = pa.array(["false", "False", "FALSE", "f", "0", "0.0"])
_CODES = pa.array(list(EXPONENTS))
_CODE_EXPONENTS = np.array(list(EXPONENTS.values()), np.int64)


@dataclass(frozen=True, slots=True)
class Money:
    """The form of a source's amounts; see `features.sources.mapping.SourceFeed`."""

    in_minor_units: bool
    binary: bool
    allow_zero: bool


def currencies(
    texts: pa.Array, column: str, verdicts: Verdicts
) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """Return codes and exponents; the exponent of a rejected row is 0."""
    index = pc.index_in(texts, _CODES)
    known = mask_of(pc.is_valid(index))
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~known, RowReason.UNKNOWN_CURRENCY, column)
    positions = pc.fill_null(index, 0).to_numpy(zero_copy_only=False)
    return texts, np.where(known, _CODE_EXPONENTS[positions], 0)


def amounts(
    texts: pa.Array,
    exponents: npt.NDArray[np.int64],
    column: str,
    verdicts: Verdicts,
    money: Money,
) -> pa.Array:
    """Return amounts in minor units of each row's currency, exactly, without floating point.

    Trailing zeros of a fraction do not count as digits. If a source declares amounts from floating
    point, they are rounded to the minor unit, half to even.
    """
    present = mask_of(pc.is_valid(texts))
    fits = matches(texts, _FITS)
    number = fits if (fits | ~present).all() else matches(texts, _NUMBER)
    verdicts.reject(present & ~number, RowReason.AMOUNT_NOT_A_NUMBER, column)
    negative = mask_of(pc.starts_with(texts, "-"))
    verdicts.reject(number & negative, RowReason.AMOUNT_NOT_POSITIVE, column)
    if money.binary:
        minor = _rounded(texts, number, exponents)
    else:
        digits = np.zeros_like(exponents) if money.in_minor_units else exponents
        minor = _exact(texts, number, digits, column, verdicts)
    verdicts.reject(number & (minor > MAX_MINOR), RowReason.AMOUNT_TOO_LARGE, column)
    if not money.allow_zero:
        verdicts.reject(number & (minor == 0), RowReason.AMOUNT_NOT_POSITIVE, column)
    return pa.array(minor, pa.int64(), mask=~(verdicts.passed & present))


def _rounded(
    texts: pa.Array, number: Mask, exponents: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    plain = pc.if_else(pa.array(number), texts, "0")
    scaled = pc.cast(plain, pa.float64()).to_numpy() * 10.0**exponents
    minor: npt.NDArray[np.int64] = np.rint(np.clip(scaled, -1, 2 * MAX_MINOR)).astype(np.int64)
    return minor


def _exact(
    texts: pa.Array,
    number: Mask,
    digits: npt.NDArray[np.int64],
    column: str,
    verdicts: Verdicts,
) -> npt.NDArray[np.int64]:
    fits = matches(texts, _FITS)
    if (number & ~fits).any():
        texts = pc.replace_substring_regex(texts, _TRAILING_ZEROS, r"\1")
        fits = matches(texts, _FITS)
        large = matches(texts, rf"^\+?[0-9]{{{_WHOLE_DIGITS + 1}}}")
        verdicts.reject(number & large, RowReason.AMOUNT_TOO_LARGE, column)
        verdicts.reject(number & ~fits, RowReason.AMOUNT_TOO_PRECISE, column)
    scaled = _as_integers(pc.cast(pc.if_else(pa.array(fits), texts, "1"), _SCALED))
    unit = 10 ** (MAX_EXPONENT - digits)
    minor = scaled // unit
    verdicts.reject(fits & (minor * unit != scaled), RowReason.AMOUNT_TOO_PRECISE, column)
    return minor


def _as_integers(decimals: pa.Array) -> npt.NDArray[np.int64]:
    """Return the unscaled integers of a decimal column: the low 64 of its 128 bits."""
    halves = np.frombuffer(decimals.buffers()[1], np.int64).reshape(-1, 2)
    low: npt.NDArray[np.int64] = halves[decimals.offset : decimals.offset + len(decimals), 0]
    return low


def rates(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return rates as text for a numeric column of Postgres; this checks only their range."""
    values = floats(texts, column, verdicts).to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        wrong = ~((values >= 1e-12) & (values < 1e12))
    verdicts.reject(
        mask_of(pc.is_valid(texts)) & wrong & verdicts.passed, RowReason.RATE_OUT_OF_RANGE, column
    )
    return texts


def floats(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return finite numbers; null without a value and in rejected rows."""
    values = finite(texts)
    strange = mask_of(pc.is_valid(texts)) & mask_of(pc.is_null(values))
    verdicts.reject(strange, RowReason.NOT_A_NUMBER, column)
    return values


def finite(texts: pa.Array) -> pa.Array:
    """Return the finite numbers among texts; the others are null."""
    # the cast alone accepts or refuses the whole column, and accepts `inf` and `nan`
    values = pc.cast(_only(texts, matches(texts, _FLOAT)), pa.float64())
    return pc.if_else(pc.is_finite(values), values, None)


def shares(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return numbers from 0 to 1; null without a value and in rejected rows."""
    values = floats(texts, column, verdicts)
    inside = pc.and_(pc.greater_equal(values, 0.0), pc.less_equal(values, 1.0))
    outside = mask_of(pc.is_valid(values)) & ~mask_of(inside)
    verdicts.reject(outside, RowReason.NOT_A_SHARE, column)
    return pc.if_else(inside, values, None)


def integers(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return whole numbers of 32 bits; null without a value and in rejected rows.

    `1.0` is valid, because exports of columns with gaps write it.
    """
    good = matches(texts, _INTEGER)
    whole = without_zero_fraction(_only(texts, good))
    wide = pc.cast(_unsigned(whole), pa.int64())
    fits = pc.and_(pc.greater_equal(wide, -(2**31)), pc.less(wide, 2**31))
    good &= mask_of(fits)
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~good, RowReason.NOT_AN_INTEGER, column)
    return pc.cast(pc.if_else(pa.array(good), wide, None), pa.int32())


def booleans(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return flags; null without a value and in rejected rows."""
    true = mask_of(pc.is_in(texts, _TRUE))
    known = true | mask_of(pc.is_in(texts, _FALSE))
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~known, RowReason.NOT_A_BOOLEAN, column)
    return pa.array(true, pa.bool_(), mask=~known)


def without_zero_fraction(texts: pa.Array) -> pa.Array:
    """Return whole numbers without a fraction of zeros; other texts are unchanged."""
    return pc.replace_substring_regex(texts, _ZERO_FRACTION, r"\1")


def _unsigned(texts: pa.Array) -> pa.Array:
    """Remove the plus sign, which a number may have and the cast refuses."""
    return pc.utf8_ltrim(texts, "+")


def _only(texts: pa.Array, rows: Mask) -> pa.Array:
    return pc.if_else(pa.array(rows), texts, pa.scalar(None, pa.string()))
