"""Serve the chosen candidates: a mean and three quantiles that never cross. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats
from scoring.demand import choice
from scoring.demand.candidates import BOOSTING, INTERVALS, Candidates
from scoring.demand.choice import Choice


@dataclass(frozen=True, slots=True)
class Forecasts:
    """The answers for n series-nights, in units per period; each array is [n, steps], >= 0.

    Args:
        mean_units: expected units; sums over products, channels and days are expected sums.
        low_units: the quantile of 10 %.
        median_units: the quantile of 50 %.
        high_units: the quantile of 90 %; quantiles are never summed.
    """

    mean_units: Floats
    low_units: Floats
    median_units: Floats
    high_units: Floats


#: The answers in order.
ANSWERS = tuple(Forecasts.__dataclass_fields__)


def served(candidates: Candidates, chosen: Choice) -> Forecasts:
    """Return the forecasts that serve n series-nights."""
    code = candidates.code
    mean = choice.blended(candidates.means(), chosen.mean, code)
    low, middle, high = chosen.spread.quantiles(mean, code)
    medians = np.concatenate([candidates.medians(), middle[None]])
    median = choice.blended(medians, chosen.median, code)
    interval = np.stack([low, high])
    for name, pair in (
        ("empirical", candidates.empirical),
        (BOOSTING, choice.shifted(code, candidates.boosted, mean, chosen.shifts)),
    ):
        is_served = (chosen.interval[code] == INTERVALS.index(name))[:, None]
        interval = np.where(is_served, pair, interval)
    low, high = np.minimum(interval[0], median), np.maximum(interval[1], median)
    return Forecasts(mean, low, median, high)
