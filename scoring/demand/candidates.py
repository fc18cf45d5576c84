"""Forecast series-nights by every candidate, for the backtest and for serving. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from features.platform.arrays import Codes, Floats
from scoring.demand import boosting, classes, methods
from scoring.demand.boosting import Boosted
from scoring.demand.methods import METHODS
from scoring.demand.past import Past
from scoring.demand.weekdays import Weekdays

BOOSTING = "boosting"
#: The candidates for the mean, and all but the last of those for the median.
NAMES = (*METHODS, BOOSTING)
#: The median of the distribution around the mean that serves.
DISTRIBUTION = "distribution"
MEDIAN_NAMES = (*NAMES, DISTRIBUTION)
#: The interval of the last eight weeks, of the distribution, and of the trees.
INTERVALS = ("empirical", DISTRIBUTION, BOOSTING)
BASELINES = {"mean": "mean_28", "median": "median_56", "interval": "empirical"}


@dataclass(frozen=True, slots=True)
class Candidates:
    """The forecasts of n series-nights; without trees, those of the trees are NaN.

    Args:
        code: [n] the class of each series-night.
        points: [methods, n, steps] of the classical methods, which have one level for all columns.
            They know no promotions, so the effect that the trees have learnt multiplies them.
        boosted: of the trees.
        empirical: [2, n, steps] the quantiles of the last eight weeks.
    """

    code: Codes
    points: Floats
    boosted: Boosted
    empirical: Floats

    def means(self) -> Floats:
        """Return the candidates for the mean, in the order of `NAMES`: [names, n, steps]."""
        return np.concatenate([self.points, self.boosted.mean[None]])

    def medians(self) -> Floats:
        """Return the candidates for the median, without the distribution: [names, n, steps]."""
        return np.concatenate([self.points, self.boosted.median[None]])


def of(
    past: Past,
    weekdays: Weekdays,
    trees: Sequence[HistGradientBoostingRegressor],
    steps: int,
    period: int = 1,
) -> Candidates:
    """Return the forecasts of all candidates.

    Args:
        past: n series-nights.
        weekdays: as learnt.
        trees: in the order of `LOSSES`, or none.
        steps: periods ahead.
        period: days of a period.
    """
    profile = weekdays.profile(past)
    boosted = (
        boosting.predict(list(trees), past, profile, steps, period)
        if trees
        else Boosted.unknown(len(past), steps)
    )
    points = np.stack([methods.forecast(name, past, profile, steps, period) for name in METHODS])
    points *= boosted.lift
    empirical = np.stack(
        [
            np.repeat(np.nan_to_num(past[name])[:, None], steps, axis=1)
            for name in ("low_56", "high_56")
        ]
    )
    return Candidates(classes.of(past), points, boosted, empirical)


def joined(parts: Sequence[Candidates]) -> Candidates:
    """Return the forecasts of several origins as one."""
    return Candidates(
        np.concatenate([part.code for part in parts]),
        np.concatenate([part.points for part in parts], axis=1),
        Boosted(
            *(
                np.concatenate([getattr(part.boosted, name) for part in parts])
                for name in Boosted.__dataclass_fields__
            )
        ),
        np.concatenate([part.empirical for part in parts], axis=1),
    )
