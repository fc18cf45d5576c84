"""Forecast the demand of every series by the candidates that won the backtest. Pure.

The model holds the trees, the choice per class and the table of the backtest, as arrays and lists,
so a model file needs no code of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from features.platform.arrays import Codes, Floats
from scoring.demand import boosting, candidates, seasons, serving, weekdays
from scoring.demand.candidates import MEDIAN_NAMES, NAMES
from scoring.demand.choice import Choice
from scoring.demand.distribution import Spread
from scoring.demand.past import COLUMNS, Past
from scoring.demand.picking import BLEND, Line
from scoring.demand.promotions import HORIZON
from scoring.demand.rows import Rows
from scoring.demand.seasons import Seasons
from scoring.demand.serving import ANSWERS, Forecasts
from scoring.demand.weekdays import Weekdays
from scoring.models.dispersion import Dispersion


class DemandModel(BaseEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """The demand of product and channel on each of the next 28 days.

    Args:
        features: names of the matrix' columns, with all of `past.COLUMNS` among them.
        steps: periods ahead.
        period: days of a period, 1 or 7.
    """

    #: The attributes that `fit` sets; a model file must hold them all.
    FITTED: ClassVar[tuple[str, ...]] = (
        *("trees_", "mean_", "median_", "interval_", "linear_", "square_", "levels_"),
        *("shifts_", "table_", "weeks_"),
    )

    trees_: list[object]  # by loss; empty where too few cells are known
    mean_: Floats  # [classes, names]
    median_: Floats  # [classes, median names]
    interval_: NDArray[np.int64]  # [classes], index in INTERVALS
    linear_: Floats  # [classes]
    square_: Floats  # [classes]
    levels_: Floats  # [classes, scales, quantiles]
    shifts_: Floats  # [classes, scales, 2]
    table_: list[list[object]]  # the lines of the backtest
    weeks_: Floats  # [kinds, 1 + 1 + 1 + 7, 7] of the factors of weekdays; [1 + 1 + 7, 7] before
    scatter_: Floats  # [2, classes] daily and level; a file of before has none
    # [parts] and [windows, covariates]; a file of before, or without a season, has none
    season_parts_: Floats
    season_slopes_: Floats

    def __init__(
        self, features: Sequence[str] | None = None, *, steps: int = HORIZON, period: int = 1
    ) -> None:
        self.features = features
        self.steps = steps
        self.period = period

    def fit(self, rows: Rows, choice: Choice) -> Self:
        """Learn the trees from all known units, and keep the choice of the backtest.

        Args:
            rows: series-nights with the units that followed.
            choice: of a backtest on the same series.
        """
        self.features = list(rows.past.names)
        self.n_features_in_ = len(self.features)
        weeks = weekdays.learn(rows.past)
        self.weeks_ = weeks.as_rows()
        if (year := seasons.learn(rows, self.period)) is not None:
            self.season_parts_, self.season_slopes_ = year.variances, year.slopes
        self.trees_ = list(boosting.fit(rows, weeks, self.period, year))
        self.mean_, self.median_, self.interval_ = choice.mean, choice.median, choice.interval
        self.linear_, self.square_ = choice.spread.linear, choice.spread.square
        self.levels_, self.shifts_ = choice.spread.levels, choice.shifts
        if choice.scatter is not None:
            self.scatter_ = np.stack([choice.scatter.daily, choice.scatter.level])
        self.table_ = [
            [line.demand_class, line.column, line.candidate, line.loss, bool(line.is_chosen)]
            for line in choice.table
        ]
        return self

    @property
    def choice(self) -> Choice:
        """The candidates that serve each class."""
        return Choice(
            candidates.with_new(self.mean_, NAMES),
            candidates.with_new(self.median_, MEDIAN_NAMES),
            self.interval_,
            Spread(self.linear_, self.square_, self.levels_),
            self.shifts_,
            self.table,
            self.scatter,
        )

    @property
    def weekdays(self) -> Weekdays:
        """How the factors of weekdays differ over series."""
        return Weekdays.of_rows(self.weeks_)

    @property
    def seasons(self) -> Seasons | None:
        """How levels move through the year; None in a file of before, or where none is known."""
        if not hasattr(self, "season_parts_"):
            return None
        return Seasons(self.season_parts_, self.season_slopes_)

    @property
    def scatter(self) -> Dispersion | None:
        """How far demand scatters around the mean, by class; None in a file of before."""
        return Dispersion(*self.scatter_) if hasattr(self, "scatter_") else None

    @property
    def table(self) -> tuple[Line, ...]:
        """The losses of all candidates in the backtest, for the model page."""
        return tuple(Line(*line) for line in self.table_)  # type: ignore[arg-type]

    def score(self, X: Floats) -> Forecasts:  # noqa: N803 - scikit-learn's name
        """Return the forecasts of n series-nights; no row's result depends on the other rows.

        Args:
            X: [n, features], null = NaN.

        Raises:
            ValueError: the matrix has another number of columns, or a column is missing.
        """
        check_is_fitted(self)
        past = self.past(X)
        found = candidates.of(
            past, self.weekdays, self.trees_, self.steps, self.period, self.seasons
        )
        return serving.served(found, self.choice)

    def predict(self, X: Floats) -> Floats:  # noqa: N803
        """Return the forecasts as one matrix: [n, answers * steps], in the order of `ANSWERS`."""
        forecasts = self.score(X)
        return np.hstack([getattr(forecasts, name) for name in ANSWERS])

    def past(self, X: Floats) -> Past:  # noqa: N803
        """Return the columns of a matrix by name, in the order of `past.COLUMNS`.

        Raises:
            ValueError: the matrix has another number of columns, or a column is missing.
        """
        names = list(self.features or ())
        matrix = np.ascontiguousarray(X, dtype=np.float64)
        if matrix.ndim != 2 or matrix.shape[1] != len(names):
            raise ValueError(f"the matrix has the shape {matrix.shape}, not [n, {len(names)}]")
        if missing := [name for name in COLUMNS if name not in names]:
            raise ValueError(f"the forecast needs the columns {', '.join(missing)}")
        chosen = matrix[:, [names.index(name) for name in COLUMNS]]
        return Past(chosen, np.arange(len(matrix)))

    def methods(self, code: Codes) -> NDArray[np.object_]:
        """Return the name of the candidate that gives the mean of each class: [n]."""
        names = [
            NAMES[int(np.argmax(weights))] if np.count_nonzero(weights) == 1 else BLEND
            for weights in self.mean_
        ]
        return np.array(names, dtype=object)[code]
