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
from scoring.demand.seasons import Seasons
from scoring.demand.weekdays import Weekdays

BOOSTING = "boosting"
#: The learnt season alone, and the trees drawn halfway to it: they learn its errors from few years.
SEASONS, DRAWN = "learnt_season", "drawn_boosting"
#: The candidates for the mean, and all but the last of those for the median.
NAMES = (*METHODS, BOOSTING, SEASONS, DRAWN)
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
        seasons: [n, steps] of the learnt seasons, with the effect of promotions; NaN without any.
        empirical: [2, n, steps] the quantiles of the last eight weeks.
    """

    code: Codes
    points: Floats
    boosted: Boosted
    seasons: Floats
    empirical: Floats

    def means(self) -> Floats:
        """Return the candidates for the mean, in the order of `NAMES`: [names, n, steps]."""
        return self._with(self.boosted.mean)

    def medians(self) -> Floats:
        """Return the candidates for the median, without the distribution: [names, n, steps]."""
        return self._with(self.boosted.median)

    def _with(self, boosted: Floats) -> Floats:
        drawn = (boosted + self.seasons) / 2.0
        return np.concatenate([self.points, [boosted, self.seasons, drawn]])


def of(
    past: Past,
    weekdays: Weekdays,
    trees: Sequence[HistGradientBoostingRegressor],
    steps: int,
    period: int = 1,
    seasons: Seasons | None = None,
) -> Candidates:
    """Return the forecasts of all candidates.

    Args:
        past: n series-nights.
        weekdays: as learnt.
        trees: in the order of `LOSSES`, or none.
        steps: periods ahead.
        period: days of a period.
        seasons: as the trees learnt with; None = none.
    """
    profile = weekdays.profile(past)
    level = None if seasons is None else seasons.levels(past, steps)
    boosted = (
        boosting.predict(list(trees), past, profile, steps, period, level)
        if trees
        else Boosted.unknown(len(past), steps)
    )
    points = np.stack([methods.forecast(name, past, profile, steps, period) for name in METHODS])
    points *= boosted.lift
    of_seasons = (
        np.full((len(past), steps), np.nan)
        if level is None
        else methods.spread(past, level, profile, steps, period) * boosted.lift
    )
    empirical = np.stack(
        [
            np.repeat(np.nan_to_num(past[name])[:, None], steps, axis=1)
            for name in ("low_56", "high_56")
        ]
    )
    return Candidates(classes.of(past), points, boosted, of_seasons, empirical)


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
        np.concatenate([part.seasons for part in parts]),
        np.concatenate([part.empirical for part in parts], axis=1),
    )


def with_new(weights: Floats, names: Sequence[str]) -> Floats:
    """Return the weights of a file of before, without a learnt season: [classes, names].

    Args:
        weights: [classes, names], or without the columns of `SEASONS` and `DRAWN`.
        names: of the candidates today.
    """
    if weights.shape[1] == len(names):
        return weights
    place = names.index(SEASONS)
    widened: Floats = np.insert(weights, [place, place], 0.0, axis=1)
    return widened
