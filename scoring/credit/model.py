"""Combines a scorecard and gradient boosting in one credit model that replays bit for bit.

Both parts are calibrated on a later slice of time. One part decides and the other gives a second
probability. A large difference between the two lowers the confidence, so that a person sees the
case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import clone
from sklearn.utils.validation import validate_data

from features.platform.arrays import Flags, Floats
from scoring.credit import calibration
from scoring.credit.boosting import MonotoneBoosting
from scoring.credit.scorecard import Scorecard
from scoring.models.estimators import EventClassifier, sigmoid

PARTS = {"scorecard": Scorecard, "boosting": MonotoneBoosting}


@dataclass(frozen=True, slots=True)
class CreditScores:
    """Both probabilities of default of some rows, in their order; NaN if a row has no score."""

    default_probability: Floats  # of the part that decides
    second_probability: Floats  # of the other part


class CreditModel(EventClassifier):
    """A scorecard and boosting over the same columns, each with its calibrator.

    Args:
        features: names of the matrix' columns, in order; None leaves them unnamed.
        directions: per column +1 if more means more risk, -1 if less does, 0 if unknown; None for
            all 0.
        levels: per column the levels of a category, in the order of their codes; empty for a
            number; None for all empty.
        decides: the part that decides: `boosting` or `scorecard`.
        scorecard: settings of the scorecard; None for its defaults.
        boosting: settings of the boosting; None for its defaults.
        calibration_start: share of the rows before the first row of the calibrators.
        calibration_slices: number of slices of time in the remaining rows.
    """

    FITTED = (
        *EventClassifier.FITTED,
        *("slopes_", "intercepts_", "scorecard_", "boosting_", "reference_"),
    )

    def __init__(  # noqa: PLR0913 - scikit-learn requires every parameter here, by name
        self,
        features: Sequence[str] | None = None,
        directions: Sequence[int] | None = None,
        levels: Sequence[Sequence[str]] | None = None,
        *,
        decides: str = "boosting",
        scorecard: Scorecard | None = None,
        boosting: MonotoneBoosting | None = None,
        calibration_start: float = 0.5,
        calibration_slices: int = 5,
    ) -> None:
        self.features = features
        self.directions = directions
        self.levels = levels
        self.decides = decides
        self.scorecard = scorecard
        self.boosting = boosting
        self.calibration_start = calibration_start
        self.calibration_slices = calibration_slices

    def fit(self, X: Floats, y: NDArray[np.generic]) -> Self:  # noqa: N803 - scikit-learn's name
        """Learn from rows in order of time; missing is NaN.

        Fits on earlier slices train the calibrators. Then both parts learn from all rows.

        Args:
            X: one row per application, one column per feature.
            y: whether the loan defaulted.

        Raises:
            ValueError: too few defaults, or a part ranks later rows no better than chance.
        """
        matrix, labels = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
        self._check_settings(matrix.shape[1])
        self.classes_ = np.unique(labels)
        is_bad = np.asarray(labels, dtype=bool)
        shares = np.linspace(self.calibration_start, 1.0, self.calibration_slices + 1)[:-1]
        cuts = [round(len(matrix) * share) for share in shares]
        self.slopes_, self.intercepts_ = {}, {}
        for name in PARTS:
            margin = calibration.out_of_time(self._fitter(name), matrix, is_bad, cuts)
            self.slopes_[name], self.intercepts_[name] = sigmoid(
                margin, is_bad[cuts[0] :], "defaults"
            )
        self.scorecard_ = self._fitter("scorecard")(matrix, is_bad)
        self.boosting_ = self._fitter("boosting")(matrix, is_bad)
        self.reference_ = np.array([bins.centres[bins.best] for bins in self.scorecard_.bins_])
        return self

    @property
    def other(self) -> str:
        """The part that gives the second probability."""
        return next(name for name in PARTS if name != self.decides)

    @property
    def base_log_odds_(self) -> float:
        """The log-odds of default of the reference row, from which contributions start."""
        return float(self.log_odds(self.reference_[None, :])[0])

    def score(self, X: Floats) -> CreditScores:  # noqa: N803
        """Score rows; the result for a row does not depend on the other rows.

        A row with an infinite value gets NaN probabilities.

        Raises:
            ValueError: the matrix does not have the number of columns of the fit.
        """
        return CreditScores(
            expit(self.log_odds(X, self.decides)), expit(self.log_odds(X, self.other))
        )

    def log_odds(self, X: Floats, part: str | None = None) -> Floats:  # noqa: N803
        """Return the calibrated log-odds of default of a part; None means the part that decides."""
        name = part or self.decides
        matrix, is_finite = self._checked(X)
        result = np.full(len(matrix), np.nan)
        if is_finite.any():
            margin = getattr(self, f"{name}_").margin(matrix[is_finite])
            result[is_finite] = self.slopes_[name] * margin + self.intercepts_[name]
        return result

    def contributions(self, X: Floats) -> Floats:  # noqa: N803
        """Return each feature's exact contribution to the log-odds of default.

        A row's contributions and `base_log_odds_` sum to the logit of its `default_probability`.
        For the scorecard they are the points lost to the best bin; for boosting, baseline Shapley
        values. If a feature has a direction, a value worse than the reference never contributes
        less than 0.
        """
        matrix, is_finite = self._checked(X)
        result = np.full(matrix.shape, np.nan)
        if is_finite.any():
            rows = matrix[is_finite]
            if self.decides == "scorecard":
                part = self.scorecard_.points_lost(rows) / self.scorecard_.points_per_log_odds
            else:
                part = self.boosting_.contributions(rows, self.reference_)
            result[is_finite] = self.slopes_[self.decides] * part
        return result

    def relief(self, X: Floats, columns: Sequence[int]) -> Floats:  # noqa: N803
        """Return [n]: the drop of the log-odds if some columns had their reference values.

        Columns without a drop are not a principal reason.
        """
        matrix = np.array(X, dtype=np.float64)
        before = self.log_odds(matrix)
        matrix[:, list(columns)] = self.reference_[list(columns)]
        return before - self.log_odds(matrix)

    def _event_probability(self, X: Floats) -> Floats:  # noqa: N803
        return self.score(X).default_probability

    def _fitter(self, name: str) -> Callable[[Floats, Flags], Any]:
        """Return a function that fits one part with the given settings."""
        template = getattr(self, name) or PARTS[name]()
        levels = None if self.levels is None else [len(names) for names in self.levels]
        part = clone(template).set_params(directions=self.directions, levels=levels)
        return lambda matrix, is_bad: clone(part).fit(matrix, is_bad)

    def _check_settings(self, columns: int) -> None:
        if self.decides not in PARTS:
            raise ValueError(f"decides is {self.decides!r}; expected one of {', '.join(PARTS)}")
        for name in ("features", "directions", "levels"):
            values = getattr(self, name)
            if values is not None and len(values) != columns:
                raise ValueError(f"{len(values)} {name} for {columns} columns")
