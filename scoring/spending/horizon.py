"""Forecast the spending of customers within one number of days, with an interval. Pure.

The forecast has three steps. The first is empirical Bayes (Robbins 1956): a customer's rate of
purchases and amount per purchase are shrunk to those of all customers, the more the fewer
purchases are known. The second multiplies the result by a factor that depends on unusually large
amounts, a trend and the time since the last purchase; its six coefficients have the least absolute
error on later spending. The third is split conformal prediction (Papadopoulos and others 2002):
the quantiles of the errors on later rows, per level of purchases, give the interval.

The point is a median: half of the customers spend more. A sum of points lies below the sum of
spending where amounts are skewed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.base import BaseEstimator

from features.platform.arrays import Floats
from scoring.spending.past import Past

#: A customer is new if the look-back is empty for this many expected gaps before the first
#: purchase; the fit chooses the number with the least error.
PATIENCE = (4.0, 12.0, np.inf)
#: Excess of the mean over the usual amount, in logs, from which a coefficient counts it.
KNOTS = (0.1, 0.4)
_LARGEST_FACTOR = 3.0  # in logs
_FIT_ROWS = 100_000
_LEVEL_ROWS = 100  # rows of a level at least
_SMOOTHING = 0.05  # of the median spending: within it the absolute error is rounded


@dataclass(frozen=True, slots=True)
class Interval:
    """The forecasts of n customers, in major units; each array is [n], low <= point <= high."""

    low: Floats
    point: Floats
    high: Floats

    def covers(self, spent: Floats) -> NDArray[np.bool_]:
        """Return whether each interval holds the spending of its customer: [n]."""
        inside: NDArray[np.bool_] = (spent >= self.low) & (spent <= self.high)
        return inside


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of n forecasts; a point is their product times the days: each array is [n].

    Args:
        rate: shrunk purchases per day.
        amount: shrunk amount per purchase, major units.
        factor: of unusual amounts, trend and time since the last purchase.
    """

    rate: Floats
    amount: Floats
    factor: Floats


@dataclass(frozen=True, slots=True)
class _Shrunk:
    """Shrunk rate per day and amount per purchase, and the days that the rate rests on: [n]."""

    rate: Floats
    amount: Floats
    days: Floats


class HorizonForecast(BaseEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """The forecast of one horizon.

    Args:
        days: the horizon.
        ridge: shrinkage of the coefficients towards the empirical Bayes forecast.
        levels: the most levels of purchases with quantiles of their own.
        coverage: share of customers whose spending the interval shall hold.
    """

    def __init__(
        self, days: int = 30, *, ridge: float = 1e-3, levels: int = 5, coverage: float = 0.8
    ) -> None:
        self.days = days
        self.ridge = ridge
        self.levels = levels
        self.coverage = coverage

    def fit(self, past: Past, spent: Floats) -> Self:
        """Learn the shrinkage and the coefficients.

        Args:
            past: n customers; at least one has a purchase.
            spent: [n], major units within the horizon.
        """
        rate = past.purchases / past.observed
        mean = float(rate.mean())
        # variance between customers: that of the rates less that of counts about them
        between = max(float(rate.var() - (rate / past.observed).mean()), 1e-3 * mean * mean)
        self.rate_days_ = mean / between
        self.rate_purchases_ = mean * self.rate_days_
        self.amount_ = float(np.median(past.mean[past.purchases > 0]))
        step = max(1, len(past) // _FIT_ROWS)
        fits = [
            (*self._coefficients(past, spent, step, patience), patience) for patience in PATIENCE
        ]
        _, self.coef_, self.patience_ = min(fits, key=lambda fit: fit[0])
        return self

    def calibrate(self, past: Past, spent: Floats) -> Self:
        """Learn the interval from rows that the fit has not seen.

        Args:
            past: n customers, of a later time or other customers than those of `fit`.
            spent: [n], major units within the horizon.
        """
        shrunk = self._shrunk(past, self.patience_)
        point, scale = self._point(past, shrunk), self._scale(shrunk)
        error = (np.sqrt(spent) - np.sqrt(point)) / scale
        level = np.log(shrunk.rate)
        parts = max(1, min(self.levels, len(past) // _LEVEL_ROWS))
        groups = np.array_split(np.argsort(level, kind="stable"), parts)
        self.centres_ = np.array([np.median(level[group]) for group in groups])
        self.low_ = np.array([_quantile(error[group], self.coverage, -1) for group in groups])
        self.high_ = np.array([_quantile(error[group], self.coverage, 1) for group in groups])
        return self

    def stretched(self, days: int) -> HorizonForecast:
        """Return this forecast for another horizon, for want of rows that reach so far."""
        other = HorizonForecast(days, ridge=self.ridge, levels=self.levels, coverage=self.coverage)
        for name, value in vars(self).items():
            if name.endswith("_"):
                setattr(other, name, value)
        return other

    def predict(self, past: Past) -> Interval:
        """Return the forecasts of n customers; no row's result depends on the other rows."""
        shrunk = self._shrunk(past, self.patience_)
        point, scale = self._point(past, shrunk), self._scale(shrunk)
        level, root = np.log(shrunk.rate), np.sqrt(point)
        low = root + scale * np.interp(level, self.centres_, self.low_)
        high = root + scale * np.interp(level, self.centres_, self.high_)
        return Interval(
            np.minimum(np.maximum(low, 0.0) ** 2, point),
            point,
            np.maximum(np.maximum(high, 0.0) ** 2, point),
        )

    def steps(self, past: Past) -> Steps:
        """Return the values between the past of n customers and their points."""
        shrunk = self._shrunk(past, self.patience_)
        factor = self._point(past, shrunk) / self._base(shrunk)
        return Steps(shrunk.rate, shrunk.amount, factor)

    def _coefficients(
        self, past: Past, spent: Floats, step: int, patience: float
    ) -> tuple[float, Floats]:
        """Return the least loss and its coefficients: mean absolute error, with a ridge."""
        shrunk = self._shrunk(past, patience)
        base, terms = self._base(shrunk)[::step], self._terms(past, shrunk)[:, ::step]
        target = spent[::step]
        width = _SMOOTHING * float(np.median(target[target > 0])) if (target > 0).any() else 1.0

        def loss(coef: Floats) -> tuple[float, Floats]:
            inner = coef @ terms
            point = base * np.exp(np.clip(inner, -_LARGEST_FACTOR, _LARGEST_FACTOR))
            error = point - target
            rounded = np.sqrt(error * error + width * width)
            is_free = np.abs(inner) < _LARGEST_FACTOR
            slope = terms @ (error / rounded * point * is_free) / len(target)
            weight = self.ridge * float(target.mean())
            return (
                float(rounded.mean() + weight * (coef @ coef)),
                slope + 2 * weight * coef,
            )

        fitted = minimize(loss, np.zeros(len(terms)), jac=True, method="L-BFGS-B")
        return float(fitted.fun), np.asarray(fitted.x, dtype=np.float64)

    def _shrunk(self, past: Past, patience: float) -> _Shrunk:
        gap = (past.tenure + self.rate_days_) / (past.purchases + self.rate_purchases_)
        days = past.observed
        if np.isfinite(patience):
            days = np.minimum(days, past.tenure + patience * gap)
        rate = (past.purchases + self.rate_purchases_) / (days + self.rate_days_)
        amount = (past.purchases * past.mean + self.amount_) / (past.purchases + 1.0)
        return _Shrunk(rate, amount, days)

    def _base(self, shrunk: _Shrunk) -> Floats:
        base: Floats = shrunk.rate * shrunk.amount * float(self.days)
        return base

    def _terms(self, past: Past, shrunk: _Shrunk) -> Floats:
        """Return the terms that the coefficients multiply: [6, n]."""
        usual = np.where(past.usual > 0, past.usual, shrunk.amount)
        excess = np.log(shrunk.amount) - np.log(usual)
        month = (past.purchases_month + self.rate_purchases_) / (
            np.minimum(shrunk.days, past.observed_month) + self.rate_days_
        )
        return np.stack(
            [
                np.ones(len(past)),
                *(np.clip(excess - knot, 0.0, 2.0) for knot in KNOTS),
                np.log(shrunk.amount / self.amount_) / np.sqrt(past.purchases + 1.0),
                np.clip(np.log(month / shrunk.rate), -2.0, 2.0),
                np.log1p(past.recency * shrunk.rate) - 0.5,
            ]
        )

    def _point(self, past: Past, shrunk: _Shrunk) -> Floats:
        terms = self._terms(past, shrunk)
        inner = np.zeros(len(past))
        for coefficient, term in zip(self.coef_, terms, strict=True):  # a product of matrices
            inner = inner + coefficient * term  # would round by the number of rows
        factor = np.exp(np.clip(inner, -_LARGEST_FACTOR, _LARGEST_FACTOR))
        point: Floats = self._base(shrunk) * factor
        return point

    def _scale(self, shrunk: _Shrunk) -> Floats:
        """Return the unit of errors of square roots, which compound Poisson sums hold constant.

        The second factor is the share of the error that comes from few known days.
        """
        scale: Floats = np.sqrt(shrunk.amount * (1.0 + self.days / shrunk.days))
        return scale


def _quantile(errors: Floats, coverage: float, side: int) -> float:
    """Return the conformal quantile of errors that leaves out half of the rest at one side."""
    rows = len(errors)
    share = min(1.0, (1.0 - (1.0 - coverage) / 2.0) * (rows + 1) / rows)
    return side * float(np.quantile(side * errors, share))
