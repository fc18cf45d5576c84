"""Learn how the weeks of series differ, and estimate the factor of each weekday of a series. Pure.

The eight values behind a weekday say little where the units of a day vary much. But series share
their weeks: what is busy on Fridays is busy on Saturdays too. So the true factors of a series are
taken as normal, with a mean and a covariance that all series teach by expectation maximisation
(Dempster, Laird and Rubin 1977), and the measured ones as true ones with noise. The estimate is
the mean of the true factors given the measured ones (empirical Bayes, Efron and Morris 1973). It
follows the series along the directions in which series differ, and the mean in all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.platform.arrays import Flags, Floats
from scoring.demand import evaluation
from scoring.demand.past import WEEK, Past

#: The usual variance of the factors of weekdays.
USUAL_VARIANCE = 0.03
#: Series-nights with usual factors that are added to those that teach.
USUAL_NIGHTS = 20.0
#: More do not change the distribution; every k-th series-night is taken.
MOST_NIGHTS = 20_000
LEAST_FACTOR = 0.02
_ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Weekdays:
    """The distribution of the true factors of weekdays, Monday first, over series.

    Args:
        mean: [7].
        variances: [7] along the directions in which series differ.
        directions: [7, 7] one direction per column, orthonormal.
    """

    mean: Floats
    variances: Floats
    directions: Floats

    @classmethod
    def usual(cls) -> Self:
        """Return the distribution where nothing has been learnt: all weekdays alike."""
        return cls(np.ones(WEEK), np.full(WEEK, USUAL_VARIANCE), np.eye(WEEK))

    def profile(self, past: Past) -> Floats:
        """Return the factor of each weekday, with the mean 1: [n, 7]; no row depends on others."""
        found = np.maximum(self._expected(*_measured(past)), LEAST_FACTOR)
        profile: Floats = found / found.mean(axis=1, keepdims=True)
        return profile

    def _expected(self, factors: Floats, noise: Floats) -> Floats:
        """Return the mean of the true factors given the measured ones: [n, 7].

        Args:
            factors: [n, 7] measured; NaN = as the mean.
            noise: [n] variance of their noise.
        """
        distance = np.where(np.isnan(factors), 0.0, factors - self.mean)
        weights = self.variances / (self.variances + noise[:, None])
        along = _times(distance, self.directions) * weights
        return self.mean + _times(along, self.directions.T)

    def _taught(self, factors: Floats, noise: Floats) -> Self:
        """Return the distribution that makes measured factors likelier than this one does."""
        expected = self._expected(factors, noise)
        nights = len(expected) + USUAL_NIGHTS
        mean = (expected.sum(axis=0) + USUAL_NIGHTS) / nights
        distance = expected - mean
        usual = USUAL_VARIANCE * np.eye(WEEK) + np.outer(1.0 - mean, 1.0 - mean)
        unknown = (self.variances * noise[:, None] / (self.variances + noise[:, None])).sum(axis=0)
        within = (self.directions * unknown) @ self.directions.T
        variances, directions = np.linalg.eigh(
            (distance.T @ distance + within + USUAL_NIGHTS * usual) / nights
        )
        return type(self)(mean, np.maximum(variances, 0.0), directions)


def learn(past: Past) -> Weekdays:
    """Return the distribution of the factors of series-nights, of those with units of late."""
    factors, noise = _measured(past)
    chosen = np.flatnonzero(np.isfinite(noise) & ~np.isnan(factors).all(axis=1))
    chosen = chosen[:: len(chosen) // MOST_NIGHTS + 1]
    found = Weekdays.usual()
    for _ in range(_ROUNDS if len(chosen) else 0):
        found = found._taught(factors[chosen], noise[chosen])
    return found


def _measured(past: Past) -> tuple[Floats, Floats]:
    """Return the measured factors of weekdays [n, 7], and the variance of their noise [n].

    A series without units of late has an infinite noise.
    """
    means = np.column_stack([past[f"weekday_{day}"] for day in range(WEEK)])
    level = np.nan_to_num(past["units_56"])
    is_known: Flags = level > 0
    factors = np.where(is_known[:, None], means / np.where(is_known, level, 1.0)[:, None], np.nan)
    weeks = np.nan_to_num(past["observed_days_56"]) / WEEK
    # of the variance of days, the weekdays are no noise
    between = np.nan_to_num(factors - 1.0).var(axis=1)
    poisson = 1.0 / np.where(is_known, level, 1.0)
    noise = np.maximum(evaluation.unevenness(past) * poisson - between, poisson)
    noise /= np.maximum(weeks - 1.0, 1.0)
    return factors, np.where(is_known, noise, np.inf)


def _times(rows: Floats, matrix: Floats) -> Floats:
    """Return the product, added up in one order however many rows there are: [n, 7]."""
    product: Floats = (rows[:, :, None] * matrix).sum(axis=1)
    return product
