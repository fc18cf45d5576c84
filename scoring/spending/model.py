"""Forecast the spending of 30 and of 90 days in one model that replays bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from features.platform.arrays import Codes, Floats
from features.platform.errors import TooFewLabelsError
from scoring.spending import past as pasts
from scoring.spending.horizon import HorizonForecast
from scoring.spending.past import MONTH, QUARTER, Past

#: Nights with a known horizon below which a fit is refused.
FEWEST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Forecasts:
    """The answers for n customers, in major units of the base currency; each array is [n]."""

    spend_30d: Floats
    spend_30d_low: Floats
    spend_30d_high: Floats
    spend_90d: Floats
    spend_90d_low: Floats
    spend_90d_high: Floats


#: The answers in the order of the columns of `predict`.
ANSWERS = tuple(Forecasts.__dataclass_fields__)


class PurchasingPowerModel(BaseEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """The coming spending of card customers at all merchants, with intervals of 80 %.

    Args:
        features: names of the matrix' columns, in order.
        ridge: shrinkage of the coefficients of both horizons.
        levels: the most levels of purchases with quantiles of their own.
        coverage: share of customers whose spending the interval shall hold.
    """

    #: The attributes that `fit` sets; a model file must hold them all.
    FITTED: ClassVar[tuple[str, ...]] = ("month_", "quarter_", "is_quarter_stretched_")

    def __init__(
        self,
        features: Sequence[str] | None = None,
        *,
        ridge: float = 1e-3,
        levels: int = 5,
        coverage: float = 0.8,
    ) -> None:
        self.features = features
        self.ridge = ridge
        self.levels = levels
        self.coverage = coverage

    def fit(
        self,
        X: Floats,  # noqa: N803 - scikit-learn's name
        spend_30d: Floats,
        spend_90d: Floats,
        night: Codes,
    ) -> Self:
        """Learn from nights whose horizon has passed.

        The interval is learned on the newest night, and the point on the nights before it. With one
        night alone, every second customer is for the interval.

        Args:
            X: [n, features], null = NaN.
            spend_30d: [n], spending of the next 30 days; NaN where they have not passed.
            spend_90d: [n], of the next 90 days.
            night: [n], the day of each row, counted from 1970.

        Raises:
            TooFewLabelsError: too few rows have a known month.
        """
        names = list(self.features or pasts.COLUMNS)
        self.features, self.n_features_in_ = names, X.shape[1]
        past = pasts.from_matrix(X, names)
        self.month_ = self._fitted(MONTH, past, spend_30d, night)
        self.is_quarter_stretched_ = not _is_enough(spend_90d)
        self.quarter_ = (
            self.month_.stretched(QUARTER)
            if self.is_quarter_stretched_
            else self._fitted(QUARTER, past, spend_90d, night)
        )
        return self

    def score(self, X: Floats) -> Forecasts:  # noqa: N803 - scikit-learn's name
        """Return the forecasts of n customers.

        Args:
            X: [n, features], null = NaN.
        """
        past = pasts.from_matrix(np.asarray(X, dtype=np.float64), list(self.features or ()))
        month, quarter = self.month_.predict(past), self.quarter_.predict(past)
        return Forecasts(
            month.point, month.low, month.high, quarter.point, quarter.low, quarter.high
        )

    def predict(self, X: Floats) -> Floats:  # noqa: N803 - scikit-learn's name
        """Return the forecasts as one matrix: [n, answers], in the order of `ANSWERS`."""
        forecasts = self.score(np.asarray(X, dtype=np.float64))
        return np.column_stack([getattr(forecasts, name) for name in ANSWERS])

    def _fitted(self, days: int, past: Past, spent: Floats, night: Codes) -> HorizonForecast:
        is_known = ~np.isnan(spent)
        if not _is_enough(spent) or not (past.purchases[is_known] > 0).any():
            raise TooFewLabelsError(
                f"{int(is_known.sum())} customer nights have their next {days} days behind them, "
                f"and a forecast needs {FEWEST_ROWS}: deliver more history, or train later"
            )
        is_later = _for_interval(night, is_known)
        forecast = HorizonForecast(
            days, ridge=self.ridge, levels=self.levels, coverage=self.coverage
        )
        earlier, later = is_known & ~is_later, is_known & is_later
        forecast.fit(_rows(past, earlier), spent[earlier])
        return forecast.calibrate(_rows(past, later), spent[later])


def _is_enough(spent: Floats) -> bool:
    return int((~np.isnan(spent)).sum()) >= FEWEST_ROWS


def _for_interval(night: Codes, is_known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the rows of the newest known night; of one night alone, every second row."""
    nights = np.unique(night[is_known])
    if len(nights) > 1:
        is_newest: NDArray[np.bool_] = night == nights[-1]
        return is_newest
    is_second = np.zeros(len(night), dtype=bool)
    is_second[np.flatnonzero(is_known)[1::2]] = True
    return is_second


def _rows(past: Past, is_chosen: NDArray[np.bool_]) -> Past:
    return Past(*(getattr(past, name)[is_chosen] for name in Past.__dataclass_fields__))
