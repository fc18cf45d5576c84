"""Learn one model of all series by boosted trees: the mean and three quantiles. Pure.

The trees learn units over the base of a cell. The weights undo the division: a Poisson or quantile
loss of the ratio times the base is the loss of the units. The number of trees is fixed, because
early stopping would hold out random cells, which are no later than the others.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from features.platform.arrays import Floats, Integers
from scoring.demand import horizon
from scoring.demand.past import HIGH, LOW, YEAR, Past
from scoring.demand.rows import Rows
from scoring.demand.seasons import Seasons
from scoring.demand.weekdays import Weekdays
from scoring.models.estimators import one_thread

SETTINGS = {
    "max_iter": 100,
    "learning_rate": 0.08,
    "max_leaf_nodes": 15,
    "max_bins": 64,
    "min_samples_leaf": 40,
    "l2_regularization": 2.0,
    "early_stopping": False,
    "random_state": 0,
}
#: The losses of the answers, in order.
LOSSES: tuple[dict[str, object], ...] = (
    {"loss": "poisson"},
    {"loss": "quantile", "quantile": LOW},
    {"loss": "absolute_error"},
    {"loss": "quantile", "quantile": HIGH},
)
#: Losses that learn at once, each with one thread: the bits do not depend on it.
LOSSES_AT_ONCE = 2
#: Fewer cells, or fewer with units, teach no trees.
LEAST_CELLS, LEAST_SOLD = 2_000, 500
#: More cells do not change the trees; a sample is taken.
MOST_CELLS = 200_000
#: A cell with many units does not weigh more than this number of units in the mean: the units of
#: one series vary together, so their variance grows faster than their mean.
MOST_WEIGHT = 20.0
#: Units above this multiple of the base are cut for the mean: one huge order is no demand.
MOST_RATIO = 30.0
#: Bounds of the effect of promotions on a day.
LIFTS = (0.25, 10.0)


@dataclass(frozen=True, slots=True)
class Boosted:
    """The answers of the trees for n series-nights; each array is [n, steps].

    Args:
        mean: units, at least 0, like the quantiles.
        low: the quantile of 10 %.
        median: the quantile of 50 %.
        high: the quantile of 90 %.
        lift: the mean over the mean that the trees give without the known promotions.
    """

    mean: Floats
    low: Floats
    median: Floats
    high: Floats
    lift: Floats

    @classmethod
    def unknown(cls, rows: int, steps: int) -> Boosted:
        """Return the answers without trees: NaN, and no effect of promotions."""
        nothing = np.full((rows, steps), np.nan)
        return cls(nothing, nothing, nothing, nothing, np.ones((rows, steps)))

    def take(self, chosen: Integers) -> Boosted:
        """Return the chosen rows."""
        return Boosted(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def fit(
    rows: Rows, weekdays: Weekdays, period: int = 1, seasons: Seasons | None = None
) -> list[HistGradientBoostingRegressor]:
    """Return the trees of each loss in `LOSSES`, or none where too few cells are known.

    Args:
        rows: series-nights; a cell with NaN units teaches nothing.
        weekdays: as learnt from the same nights.
        period: days of a period.
        seasons: as learnt from the same nights; None = none.
    """
    row, step = np.nonzero(~np.isnan(rows.units))
    if len(row) < LEAST_CELLS or np.count_nonzero(rows.units[row, step] > 0) < LEAST_SOLD:
        return []
    if len(row) > MOST_CELLS:
        draw = np.random.default_rng(int(SETTINGS["random_state"]))
        chosen = np.sort(draw.choice(len(row), MOST_CELLS, replace=False))
        row, step = row[chosen], step[chosen]
    cells = rows.past.take(row)
    profile = weekdays.profile(rows.past)
    level = None if seasons is None else seasons.levels(rows.past, rows.steps)
    base = horizon.bases(rows.past, profile, rows.steps, period, level)[row, step]
    of_cell = None if level is None else level[row, step]
    ahead = horizon.of_cells(cells, profile[row], step + 1, period, of_cell)
    if np.ptp(cells["night_day"] + (step + 1) * period) < YEAR:
        # with less than a year each date is seen once: it is a moment, not a season
        ahead[:, horizon.CALENDAR] = np.nan
    matrix = _filled(np.hstack([horizon.of_night(cells), ahead]))
    target = rows.units[row, step] / base

    def learnt(loss: dict[str, object]) -> HistGradientBoostingRegressor:
        is_mean = loss["loss"] == "poisson"
        outcome = np.minimum(target, MOST_RATIO) if is_mean else target
        weight = base / (1.0 + base / MOST_WEIGHT) if is_mean else base
        # inside the thread: OpenMP keeps the limit of each thread apart
        with one_thread():
            return HistGradientBoostingRegressor(**loss, **SETTINGS).fit(
                matrix, outcome, weight / weight.mean()
            )

    with ThreadPoolExecutor(LOSSES_AT_ONCE) as pool:
        return list(pool.map(learnt, LOSSES))


def predict(
    trees: list[HistGradientBoostingRegressor],
    past: Past,
    profile: Floats,
    steps: int,
    period: int = 1,
    level: Floats | None = None,
) -> Boosted:
    """Return the answers for series-nights, one step ahead after the other to bound the memory.

    Args:
        trees: in the order of `LOSSES`.
        past: n series-nights.
        profile: [n, 7] the factor of each weekday, Monday first.
        steps: periods ahead.
        period: days of a period.
        level: [n, steps] by the seasons that the trees learnt with; None = none.
    """
    base, shared = horizon.bases(past, profile, steps, period, level), horizon.of_night(past)
    answers, lift = np.empty((len(LOSSES), *base.shape)), np.ones(base.shape)
    promoted = np.flatnonzero(~np.isnan(past["promotion_1_first"]))
    plain = past.take(promoted).without_promotions()
    for step in range(steps):
        ahead = np.full(len(past), step + 1)
        now = None if level is None else level[:, step]
        cells = horizon.of_cells(past, profile, ahead, period, now)
        matrix = np.hstack([shared, cells])
        without = matrix[promoted].copy()
        without[:, shared.shape[1] :] = horizon.of_cells(
            plain,
            profile[promoted],
            ahead[promoted],
            period,
            None if now is None else now[promoted],
        )
        with one_thread():
            for answer, tree in zip(answers, trees, strict=True):
                answer[:, step] = tree.predict(matrix)
            if len(promoted):
                lift[promoted, step] = answers[0, promoted, step] / trees[0].predict(without)
    mean, low, median, high = np.maximum(answers * base, 0.0)
    return Boosted(mean, low, median, high, np.clip(lift, *LIFTS))


def _filled(matrix: Floats) -> Floats:
    """Give a column without any value the value 0: trees split no constant, and fail on none."""
    return np.where(np.isnan(matrix).all(axis=0), 0.0, matrix)
