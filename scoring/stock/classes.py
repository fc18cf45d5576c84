"""Sort products by value (ABC) and by steadiness of demand (XYZ), and give each a target. Pure.

A holds the products that bring the first 80 % of the margin, B those up to 95 %, C the rest (Pareto
analysis). X has weeks whose demand varies by at most half of its mean, Y by at most the mean, Z by
more.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from features.platform.arrays import Codes, Floats
from scoring.stock.proposals import Target

ABC = "ABC"
XYZ = "XYZ"
VALUE_SHARES = (0.80, 0.95)
VARIATIONS = (0.5, 1.0)
#: Fill rates by class; a policy may name others.
FILL_RATES: Mapping[str, float] = {
    "AX": 0.98,
    "AY": 0.97,
    "AZ": 0.95,
    "BX": 0.97,
    "BY": 0.95,
    "BZ": 0.93,
    "CX": 0.95,
    "CY": 0.92,
    "CZ": 0.90,
}


def by_value(value: Floats) -> Codes:
    """Return 0, 1 or 2 for A, B or C: [P].

    A product belongs to the class in which its own value begins, so the largest product is in A.
    Products of equal value share a class. A product without value is in C.

    Args:
        value: [P] margin or turnover of a period; negative values and NaN count as 0.
    """
    worth = np.maximum(np.nan_to_num(value), 0.0)
    distinct, row = np.unique(-worth, return_inverse=True)
    sums = np.bincount(row, weights=worth, minlength=len(distinct))
    above = (np.cumsum(sums) - sums)[row]
    return of_shares(above / max(worth.sum(), 1e-12), worth)


def of_shares(above: Floats, value: Floats) -> Codes:
    """Return 0, 1 or 2 for A, B or C: [P].

    Args:
        above: [P] share of all value in products of greater value.
        value: [P]; a product without value is in C.
    """
    code = np.searchsorted(VALUE_SHARES, above, side="right")
    return np.where(value > 0, code, 2).astype(np.int64)


def by_steadiness(weeks: Floats) -> Codes:
    """Return 0, 1 or 2 for X, Y or Z: [P].

    Args:
        weeks: [P, W] pieces of whole weeks; NaN = missing. A product without two weeks or without
            pieces is in Z.
    """
    known = np.isfinite(weeks)
    count = np.maximum(known.sum(axis=1), 1)
    pieces = np.where(known, weeks, 0.0)
    mean = pieces.sum(axis=1) / count
    spread = np.sqrt((np.where(known, pieces - mean[:, None], 0.0) ** 2).sum(axis=1) / count)
    is_usable = (known.sum(axis=1) >= 2) & (mean > 0)
    return of_variations(np.divide(spread, mean, out=np.full(len(mean), np.inf), where=is_usable))


def of_variations(variation: Floats) -> Codes:
    """Return 0, 1 or 2 for X, Y or Z: [P].

    Args:
        variation: [P] deviation over mean of the weeks; NaN = unknown, which is Z.
    """
    code: Codes = np.searchsorted(VARIATIONS, variation, side="left").astype(np.int64)
    return code


def names(value: Codes, steadiness: Codes) -> list[str]:
    """Return the class names, such as "AX": [P]."""
    table = np.array([[a + x for x in XYZ] for a in ABC])
    named: list[str] = table[value, steadiness].tolist()
    return named


def target(value: Codes, steadiness: Codes, fill_rates: Mapping[str, float] = FILL_RATES) -> Target:
    """Return the fill rate that the class of each product asks for.

    Raises:
        KeyError: a class has no fill rate.
    """
    table = np.array([[fill_rates[a + x] for x in XYZ] for a in ABC])
    level = table[value, steadiness]
    return Target(level, np.ones(len(level), dtype=np.bool_))
