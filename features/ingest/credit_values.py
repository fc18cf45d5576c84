"""Parse the values of loan applications: counts, percentages, terms, lengths of employment."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.ingest import numbers
from features.ingest.reasons import RowReason
from features.ingest.times import mask_of, matches
from features.ingest.verdicts import Mask, Verdicts

_COUNT = r"^\+?[0-9]{1,9}(?:\.0*)?$"
_PERCENT = r"^\+?(?:[0-9]{1,12}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE]-?[0-9]{1,2})?%?$"
_TERM = r"^ ?[0-9]{1,3}(?: months?)?$"
_EMPLOYMENT = r"^(?:< 1 year|10\+ years|(?:[0-9]|10)(?: years?)?)$"
_UNEMPLOYED = pa.array(["n/a", "N/A"])
LONGEST_TERM = 600
LARGEST_PERCENTAGE = 10_000
LOWEST_SCORE, HIGHEST_SCORE = 300, 850


def counts(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return whole numbers from 0 on; `3.0` is valid, because exports with gaps write it."""
    good = matches(texts, _COUNT)
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~good, RowReason.NOT_A_COUNT, column)
    return _first_number(texts, good)


def percentages(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return percentages; 54.5 and 54.5% are equal."""
    good = matches(texts, _PERCENT)
    plain = pc.if_else(pa.array(good), pc.utf8_rtrim(texts, "%"), None)
    values = numbers.floats(plain, column, verdicts)
    good &= mask_of(pc.less_equal(values, LARGEST_PERCENTAGE))
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~good, RowReason.NOT_A_PERCENTAGE, column)
    return pc.if_else(pa.array(good), values, None)


def scores(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return credit scores on the scale of FICO; a bureau's code for no score is invalid."""
    good = matches(texts, _COUNT)
    values = _first_number(texts, good)
    good &= mask_of(
        pc.and_(pc.greater_equal(values, LOWEST_SCORE), pc.less_equal(values, HIGHEST_SCORE))
    )
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~good, RowReason.NOT_A_CREDIT_SCORE, column)
    return pc.if_else(pa.array(good), values, None)


def terms(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return terms in months, from `36 months` or `36`."""
    good = matches(texts, _TERM)
    months = _first_number(texts, good)
    good &= mask_of(pc.and_(pc.greater(months, 0), pc.less_equal(months, LONGEST_TERM)))
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~good, RowReason.NOT_A_TERM, column)
    return pc.if_else(pa.array(good), months, None)


def employments(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return years of employment: 0 for less than one, 10 for ten and more, null for `n/a`."""
    good = matches(texts, _EMPLOYMENT)
    none = mask_of(pc.is_in(texts, _UNEMPLOYED))
    strange = mask_of(pc.is_valid(texts)) & ~good & ~none
    verdicts.reject(strange, RowReason.NOT_AN_EMPLOYMENT, column)
    years = _first_number(texts, good)
    return pc.if_else(pc.starts_with(texts, "<"), pa.scalar(0, pa.int32()), years)


def outcomes(
    texts: pa.Array, column: str, verdicts: Verdicts, meanings: Mapping[str, str]
) -> pa.Array:
    """Return the canonical outcomes of delivered outcomes.

    Args:
        texts: as delivered.
        column: name for the verdict.
        verdicts: receives outcomes that the source does not describe.
        meanings: canonical outcome by delivered outcome.
    """
    place = pc.index_in(texts, pa.array(list(meanings), pa.string()))
    verdicts.reject(
        mask_of(pc.is_valid(texts)) & mask_of(pc.is_null(place)), RowReason.UNKNOWN_OUTCOME, column
    )
    return pa.array(list(meanings.values()), pa.string()).take(place)


def exceptions(
    texts: pa.Array, column: str, verdicts: Verdicts, named: Collection[str]
) -> pa.Array:
    """Return the flags of loans granted against the lender's policy; a missing value means no.

    Args:
        texts: flags, or delivered outcomes if `named` is not empty.
        column: name for the verdict.
        verdicts: receives values that are no flag.
        named: the delivered outcomes that mean an exception.
    """
    if named:
        return pc.is_in(texts, pa.array(sorted(named), pa.string()))
    return pc.fill_null(numbers.booleans(texts, column, verdicts), False)


def _first_number(texts: pa.Array, rows: Mask) -> pa.Array:
    """Return the first run of digits of the marked texts as a number; the others are null."""
    groups = pc.extract_regex(texts, r"(?P<number>[0-9]+)")
    digits = pc.if_else(pa.array(np.asarray(rows)), pc.struct_field(groups, "number"), None)
    return pc.cast(digits, pa.int32())
