"""Learn how the weeks of series differ, and estimate the factor of each weekday of a series. Pure.

The eight values behind a weekday say little where the units of a day vary much. But series share
their weeks: those of shops are alike, and so are those of web sites. So series are of two kinds,
and the true factors of a kind are taken as normal, with a mean and a covariance that all series
teach by expectation maximisation (Dempster, Laird and Rubin 1977), and the measured ones as true
ones with noise. The estimate is the mean of the true factors given the measured ones (empirical
Bayes, Efron and Morris 1973), over both kinds by their chance. It follows the series along the
directions in which the series of a kind differ, and the mean in all others.

Two nights of a series whose weeks do not overlap have the same true factors, and noise of their
own. So the products of both show how the series of a kind differ, however large the noise is that
promotions and days without stock add.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.platform.arrays import Codes, Flags, Floats
from scoring.demand import evaluation
from scoring.demand.past import WEEK, WEEKDAY_DAYS, Past

#: The usual variance of the factors of weekdays.
USUAL_VARIANCE = 0.03
#: Series-nights with usual factors that are added to those that teach.
USUAL_NIGHTS = 20.0
#: More do not change the distribution; every k-th series-night is taken.
MOST_NIGHTS = 20_000
LEAST_FACTOR = 0.02
_ROUNDS = 40
#: Fewer pairs of nights of a series leave the covariance as expectation maximisation finds it.
LEAST_PAIRS = 200
_FAR = 1_000_000
_EYE = np.eye(WEEK)
_LEAST = 1e-300


@dataclass(frozen=True, slots=True)
class Weekdays:
    """The distribution of the true factors of weekdays, Monday first, over series of some kinds.

    Args:
        share: [kinds] of the series.
        mean: [kinds, 7].
        variances: [kinds, 7] along the directions in which series differ.
        directions: [kinds, 7, 7] one direction per column, orthonormal.
    """

    share: Floats
    mean: Floats
    variances: Floats
    directions: Floats

    @classmethod
    def usual(cls) -> Self:
        """Return the distribution where nothing has been learnt: all weekdays alike."""
        return cls(np.ones(1), np.ones((1, WEEK)), np.full((1, WEEK), USUAL_VARIANCE), _EYE[None])

    @classmethod
    def of_rows(cls, rows: Floats) -> Self:
        """Return the distribution of a model file.

        Args:
            rows: [kinds, 10, 7] share, mean, variances and directions; [9, 7] of one kind in a
                file of before.
        """
        if rows.ndim == 2:
            return cls(np.ones(1), rows[None, 0], rows[None, 1], rows[None, 2:])
        return cls(rows[:, 0, 0], rows[:, 1], rows[:, 2], rows[:, 3:])

    def as_rows(self) -> Floats:
        """Return the distribution as one array: [kinds, 10, 7]."""
        share = np.repeat(self.share[:, None], WEEK, axis=1)
        head: Floats = np.stack([share, self.mean, self.variances], axis=1)
        rows: Floats = np.concatenate([head, self.directions], axis=1)
        return rows

    def profile(self, past: Past) -> Floats:
        """Return the factor of each weekday, with the mean 1: [n, 7]; no row depends on others."""
        factors, noise = _measured(past)
        chance = self._chances(factors, noise)
        found = np.zeros_like(factors)
        for kind in range(len(self.share)):
            found += chance[:, [kind]] * self._expected(kind, factors, noise)
        found = np.maximum(found, LEAST_FACTOR)
        profile: Floats = found / found.mean(axis=1, keepdims=True)
        return profile

    def _along(self, kind: int, factors: Floats) -> Floats:
        """Return the distance of factors from the mean of a kind along its directions: [n, 7]."""
        distance = np.where(np.isnan(factors), 0.0, factors - self.mean[kind])
        return _times(distance, self.directions[kind])

    def _expected(self, kind: int, factors: Floats, noise: Floats) -> Floats:
        """Return the mean of the true factors given the measured ones: [n, 7].

        Args:
            kind: of the series.
            factors: [n, 7] measured; NaN = as the mean.
            noise: [n] variance of their noise.
        """
        variances = self.variances[kind]
        along = self._along(kind, factors) * (variances / (variances + noise[:, None]))
        expected: Floats = self.mean[kind] + _times(along, self.directions[kind].T)
        return expected

    def _chances(self, factors: Floats, noise: Floats) -> Floats:
        """Return the chance of each kind given the measured factors: [n, kinds]."""
        if len(self.share) == 1:
            return np.ones((len(factors), 1))
        known = np.where(np.isfinite(noise), noise, 1.0)[:, None]
        logs = np.empty((len(factors), len(self.share)))
        for kind, share in enumerate(self.share):
            total = self.variances[kind] + known
            terms = self._along(kind, factors) ** 2 / total + np.log(total)
            logs[:, kind] = np.log(share) - 0.5 * np.where(
                np.isfinite(noise)[:, None], terms, 0.0
            ).sum(axis=1)
        chance: Floats = np.exp(logs - logs.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        return chance

    def _taught(self, factors: Floats, noise: Floats) -> Self:
        """Return the distribution that makes measured factors likelier than this one does."""
        chance = self._chances(factors, noise)
        parts = []
        for kind, weight in enumerate(chance.T):
            expected = self._expected(kind, factors, noise)
            nights = weight.sum() + USUAL_NIGHTS
            mean = ((weight[:, None] * expected).sum(axis=0) + USUAL_NIGHTS) / nights
            distance = expected - mean
            usual = USUAL_VARIANCE * _EYE + np.outer(1.0 - mean, 1.0 - mean)
            variances = self.variances[kind]
            left = variances * noise[:, None] / (variances + noise[:, None])
            left = (weight[:, None] * left).sum(axis=0)
            within = (self.directions[kind] * left) @ self.directions[kind].T
            spread = (weight[:, None] * distance).T @ distance
            parts.append((mean, *np.linalg.eigh((spread + within + USUAL_NIGHTS * usual) / nights)))
        mean, variances, directions = (np.stack(part) for part in zip(*parts, strict=True))
        share = (chance.sum(axis=0) + 1.0) / (len(chance) + len(self.share))
        return type(self)(share, mean, np.maximum(variances, 0.0), directions)

    def _split(self) -> Self:
        """Return two kinds, on both sides of the mean along the largest direction."""
        largest = int(np.argmax(self.variances[0]))
        step = np.sqrt(self.variances[0, largest]) * self.directions[0, :, largest]
        variances = np.repeat(self.variances, 2, axis=0)
        variances[:, largest] = np.sort(variances[0])[-2]
        mean = np.stack([self.mean[0] + step, self.mean[0] - step])
        directions = np.repeat(self.directions, 2, axis=0)
        return type(self)(np.full(2, 0.5), mean, variances, directions)

    def _lasting(self, past: Past, factors: Floats, noise: Floats) -> Self:
        """Return the distribution with the covariance of what lasts, if enough series say so."""
        first, second = _pairs(past, np.isfinite(noise) & ~np.isnan(factors).any(axis=1))
        of_one, of_other = (self._chances(factors[rows], noise[rows]) for rows in (first, second))
        chance = of_one * of_other / self.share
        chance /= np.maximum(chance.sum(axis=1, keepdims=True), _LEAST)
        # the variance of a product is that of both factors multiplied
        spread = (USUAL_VARIANCE + noise[first]) * (USUAL_VARIANCE + noise[second])
        weight = chance / spread[:, None]
        variances, directions = self.variances.copy(), self.directions.copy()
        for kind in range(len(self.share)):
            if chance[:, kind].sum() < LEAST_PAIRS:
                continue
            one, other = (factors[rows] - self.mean[kind] for rows in (first, second))
            products = (one * weight[:, [kind]]).T @ other / weight[:, kind].sum()
            found, directions[kind] = np.linalg.eigh((products + products.T) / 2.0)
            variances[kind] = np.maximum(found, 0.0)
        return type(self)(self.share, self.mean, variances, directions)


def learn(past: Past) -> Weekdays:
    """Return the distribution of the factors of series-nights, of those with units of late."""
    factors, noise = _measured(past)
    chosen = np.flatnonzero(np.isfinite(noise) & ~np.isnan(factors).all(axis=1))
    chosen = chosen[:: len(chosen) // MOST_NIGHTS + 1]
    found = Weekdays.usual()
    for part in range(2 if len(chosen) else 0):
        found = found._split() if part else found
        for _ in range(_ROUNDS):
            found = found._taught(factors[chosen], noise[chosen])
    return found._lasting(past, factors, noise)


def _pairs(past: Past, is_usable: Flags) -> tuple[Codes, Codes]:
    """Return pairs of nights of a series whose weeks do not overlap, the earlier night first."""
    night = past["night_day"].astype(np.int64)
    rows = np.flatnonzero(is_usable)
    key = past.series[rows] * _FAR + night[rows]
    rows, key = rows[np.argsort(key, kind="stable")], np.sort(key)
    later = np.searchsorted(key, key + WEEKDAY_DAYS)
    has_later = np.flatnonzero(later < len(key))
    first, second = rows[has_later], rows[later[has_later]]
    is_pair = past.series[first] == past.series[second]
    return first[is_pair], second[is_pair]


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
