"""Bounds what declined rows would have done: no label says, so no number is made up. Pure.

A row that was declined has no outcome. The report states the whole range, from no bad row to all of
them, and two named assumptions: the bad rate of observed rows in the neighbouring bands of the
score, and a multiple of it (parcelling; lenders use one to four times). It also states the bad rate
of the unobserved rows at which the conclusion flips. Rows that have not matured are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats, Integers
from scoring.simulation.tally import BANDS, Label, Tally

FEWEST_OBSERVED = 50  # rows of neighbouring bands whose bad rate an assumption takes


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bad rate of a set of matured rows, part of which was declined.

    Attributes:
        observed: rows with a known outcome.
        bad: of these.
        unobserved: rows that were declined.
        low: the bad rate if no unobserved row is bad; None without rows.
        high: if all are.
        as_neighbours: if they are as bad as observed rows of neighbouring scores; None where no row
            is observed.
        worse: if they are that bad, times the multiplier.
        neighbours: the bad rate that the first assumption gives the unobserved rows.
    """

    observed: int
    bad: int
    unobserved: int
    low: float | None
    high: float | None
    as_neighbours: float | None
    worse: float | None
    neighbours: float | None


def bounds_of(tally: Tally, cells: Sequence[int], multiplier: float) -> Bounds:
    """Return the bounds of the rows of some cells.

    Args:
        tally: the counts.
        cells: numbers of cells.
        multiplier: of the second assumption, at least 1.
    """
    labels = tally.bands[:, list(cells)].sum(axis=(0, 1))
    declined = tally.bands[:, list(cells), Label.DECLINED].sum(axis=1)
    return bounds(labels, declined, neighbouring_rates(tally), multiplier)


def bounds(labels: Integers, declined: Integers, rates: Floats, multiplier: float) -> Bounds:
    """Return the bounds of a set of rows.

    Args:
        labels: [labels] rows by what is known of them.
        declined: [BANDS + 1] matured declined rows by band.
        rates: [BANDS + 1] the bad rate of observed rows near each band; NaN if none is observed.
        multiplier: of the second assumption.
    """
    observed, bad = int(labels[Label.GOOD] + labels[Label.BAD]), int(labels[Label.BAD])
    unobserved = int(labels[Label.DECLINED])
    total = observed + unobserved
    if total == 0:
        return Bounds(0, 0, 0, None, None, None, None, None)
    assumed = _assumed(declined, rates, 1.0)
    worse = _assumed(declined, rates, multiplier)
    return Bounds(
        observed,
        bad,
        unobserved,
        bad / total,
        (bad + unobserved) / total,
        None if assumed is None else (bad + assumed) / total,
        None if worse is None else (bad + worse) / total,
        None if assumed is None or unobserved == 0 else assumed / unobserved,
    )


def flips_at(after: Bounds, rate_before: float) -> float | None:
    """Return the bad rate of the unobserved rows at which two policies are equally bad.

    Args:
        after: the rows that the candidate approves.
        rate_before: the bad rate of the rows that were approved.

    Returns:
        Below 0: the candidate is worse whatever they do. Above 1: it is better whatever they do.
        None without unobserved rows.
    """
    if after.unobserved == 0:
        return None
    total = after.observed + after.unobserved
    return (rate_before * total - after.bad) / after.unobserved


def neighbouring_rates(tally: Tally) -> Floats:
    """Return the bad rate of observed rows near each band: [BANDS + 1], NaN if none is observed.

    Bands are pooled from the highest score down, until a pool has enough observed rows. A band
    without observed rows takes the rate of the nearest band that has some.
    """
    seen = tally.bands.sum(axis=1)
    bad = seen[:BANDS, Label.BAD]
    rows = bad + seen[:BANDS, Label.GOOD]
    rates = np.full(BANDS + 1, np.nan)
    if rows.sum() == 0:
        return rates
    # the highest scores first, so that the pool next to the declined rows is a full one
    backwards = np.cumsum(rows[::-1])
    pool = ((backwards - rows[::-1]) // FEWEST_OBSERVED)[::-1]
    for number in np.unique(pool[rows > 0]):
        inside = pool == number
        held = inside & (rows > 0)
        rates[:BANDS][inside] = bad[held].sum() / rows[held].sum()
    known = np.flatnonzero(~np.isnan(rates[:BANDS]))
    nearest = known[np.abs(np.arange(BANDS)[:, None] - known).argmin(axis=1)]
    rates[:BANDS] = rates[nearest]
    rates[BANDS] = bad.sum() / rows.sum()
    return rates


def _assumed(declined: Integers, rates: Floats, multiplier: float) -> float | None:
    """Return the assumed number of bad rows among declined ones; None if no rate is known."""
    held = declined > 0
    if not held.any():
        return 0.0
    if np.isnan(rates[held]).any():
        return None
    return float((declined[held] * np.minimum(1.0, rates[held] * multiplier)).sum())
