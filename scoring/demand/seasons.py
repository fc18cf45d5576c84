"""Learn how the levels of series move through the year, and estimate the weeks ahead. Pure.

The means of a night's windows are sums of one curve over the past 60 weeks. The log of the curve
of a series is a level, plus a wave of one year, plus a slow walk. Waves and walks are shared: a
part belongs to the merchant, a part to the category, and a part to the series alone. So the curve
is a Gaussian process (Rasmussen and Williams 2006), and the windows are measurements of it with the
noise of counts. The weeks ahead have the mean of the curve given the windows. A window of many
units counts more than one of few, and the same weeks of last year count as their season.

All series teach how large the parts are, by the algorithm of Zhou, Hu, Qiao, Cho and Zhou (2019)
for components of variance, and how far a new price and past promotions move the windows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Codes, Flags, Floats
from scoring.demand import evaluation
from scoring.demand.history import LOOK_BACK
from scoring.demand.methods import LEAST_LEVEL, shrunk_level
from scoring.demand.past import WEEK, Past
from scoring.demand.rows import Rows
from scoring.demand.season_parts import (
    CATEGORY_PLACES,
    FREE,
    MERCHANT_PLACES,
    OF_AGE,
    OWN,
    PARTS,
    SHARED,
    WINDOWS,
    tables,
)

#: The variance of a measurement that is not known, and one that keeps a matrix regular.
_UNKNOWN, _LEAST = 1e6, 1e-6
#: The least known days of a week ahead that teach.
_LEAST_DAYS = 4
#: A count of 0 has a logarithm through this count.
_HALF = 0.5
#: Bounds of the log of the curve over the level.
_MOST_LOG = 2.5
_LIFTS = (0.5, 4.0)
#: Fewer series-nights teach nothing; of more, every k-th is taken.
LEAST_NIGHTS, MOST_NIGHTS = 200, 6_000
_ROUNDS = 20
_CHUNK = 8_192


@dataclass(frozen=True, slots=True)
class Seasons:
    """The learnt sizes of the parts.

    Args:
        variances: [parts] in the order of `PARTS`.
        slopes: [14 windows and the weeks ahead, 4] by which covariates move the log of each.
    """

    variances: Floats
    slopes: Floats

    @property
    def weeks(self) -> int:
        """The weeks ahead."""
        return len(self.slopes) - WINDOWS

    def levels(self, past: Past, steps: int) -> Floats:
        """Return the level of each day ahead, above 0: [n, steps]; no row depends on others.

        It is a mean over the days of a week, without promotions that are known for it.
        """
        found = np.empty((len(past), self.weeks))
        for rows in _chunks(len(past)):
            part = past.take(rows)
            found[rows] = shrunk_level(part)[:, None] * np.exp(self._ahead(part))
        week = np.minimum(np.arange(steps) // WEEK, self.weeks - 1)
        levels: Floats = np.maximum(found[:, week], LEAST_LEVEL)
        return levels

    def _ahead(self, past: Past) -> Floats:
        """Return the log of the curve in the weeks ahead over the level: [n, weeks]."""
        night = _Night.of(past, self.weeks)
        prior, total = night.covariances(self.variances)
        expected = _times(night.covariates, self.slopes.T)
        known = night.is_known[:, :WINDOWS]
        distance = np.where(known, night.logs[:, :WINDOWS] - expected[:, :WINDOWS], 0.0)
        solved = np.linalg.solve(total[:, :WINDOWS, :WINDOWS], distance[:, :, None])[:, :, 0]
        solved = np.where(known, solved, 0.0)
        ahead = (solved[:, :, None] * prior[:, :WINDOWS, WINDOWS:]).sum(axis=1)
        found: Floats = np.clip(expected[:, WINDOWS:] + ahead, -_MOST_LOG, _MOST_LOG)
        return found


def learn(rows: Rows, period: int = 1) -> Seasons | None:
    """Return the sizes of the parts, None where too few nights are known or periods are weeks.

    Args:
        rows: series-nights with the units that followed; days of known promotions do not teach.
        period: days of a period.
    """
    chosen = np.flatnonzero(~np.isnan(rows.units).all(axis=1))
    if period != 1 or len(chosen) < LEAST_NIGHTS:
        return None
    taken = rows.take(chosen[:: (len(chosen) - 1) // MOST_NIGHTS + 1])
    night = _Night.of(taken.past, -(-rows.steps // WEEK), taken.units)
    variances = np.array(list(PARTS.values()))
    slopes = np.zeros((night.logs.shape[1], night.covariates.shape[1]))
    for _ in range(_ROUNDS):
        variances, slopes = night.taught(variances, slopes)
    return Seasons(variances, slopes)


@dataclass(frozen=True, slots=True)
class _Night:
    """The measurements of n series-nights: their windows, then the weeks ahead.

    Args:
        logs: [n, windows] the log of each over the level, or over the year of its group.
        is_known: [n, windows].
        age: [n] days, at most those of the look-back.
        noise: [n] the variance of a day over its squared mean.
        promotion: [n] the variance of a day in promotions over its squared mean.
        covariates: [n, 4] one, log of the new price, share and lift of past promotions.
        weeks: ahead.
    """

    logs: Floats
    is_known: Flags
    age: Codes
    noise: Floats
    promotion: Floats
    covariates: Floats
    weeks: int

    @classmethod
    def of(cls, past: Past, weeks: int, units: Floats | None = None) -> _Night:
        """Return the measurements of nights, the weeks ahead unknown without their units."""
        level = shrunk_level(past)
        age = np.clip(np.nan_to_num(past["age_days"]), 0, LOOK_BACK - 1).astype(np.int64)
        noise = evaluation.unevenness(past) / level
        logs = np.full((len(past), WINDOWS + weeks), np.nan)
        for place, (name, (first, last, least_age)) in enumerate(OWN.items()):
            days = np.minimum(last, age + 1) - first
            mean = np.where(age >= least_age, past[name], np.nan)
            logs[:, place] = _log(mean / level, np.maximum(days, 0) / noise)
        for part, group in ((CATEGORY_PLACES, "category"), (MERCHANT_PLACES, "merchant")):
            whole = np.maximum(past[f"{group}_units_364"], LEAST_LEVEL)
            for place, name in enumerate(SHARED, part.start):
                logs[:, place] = np.log(np.maximum(past[f"{group}_{name}"], LEAST_LEVEL) / whole)
        if units is not None:
            means, days = _weekly(_without_promotions(past, units), weeks)
            logs[:, WINDOWS:] = _log(means / level[:, None], days / noise[:, None])
        lift = np.clip(np.nan_to_num(past["promoted_lift_364"], nan=1.0), *_LIFTS) - 1.0
        price = np.log(np.clip(np.nan_to_num(past["price_ratio_91"], nan=1.0), 0.1, 10.0))
        share = np.nan_to_num(past["promoted_share_56"])
        covariates = np.column_stack([np.ones(len(past)), price, share * lift, lift])
        return cls(logs, ~np.isnan(logs), age, noise, noise * lift * lift, covariates, weeks)

    def covariances(self, variances: Floats) -> tuple[Floats, Floats]:
        """Return the covariances of the curve, and with noise: [n, windows, windows] each."""
        of_age, overlap = tables(self.weeks)
        table = (variances[: len(OF_AGE), None, None, None] * of_age[:-1]).sum(axis=0)
        prior = (table + FREE * of_age[-1])[self.age]
        scale = variances[-2] * self.noise + variances[-1] * self.promotion
        total = prior + scale[:, None, None] * overlap[self.age]
        diagonal = np.arange(total.shape[1])
        total[:, diagonal, diagonal] += np.where(self.is_known, _LEAST, _UNKNOWN)
        return prior, total

    def taught(self, variances: Floats, slopes: Floats) -> tuple[Floats, Floats]:
        """Return variances and slopes that make the measurements likelier than these do."""
        of_age, overlap = tables(self.weeks)
        _, total = self.covariances(variances)
        known = self.is_known[:, :, None] & self.is_known[:, None, :]
        precision = np.where(known, np.linalg.inv(total), 0.0)
        logs = np.where(self.is_known, self.logs, 0.0)
        slopes = _slopes(precision, logs, self.covariates)
        distance = np.where(self.is_known, logs - self.covariates @ slopes.T, 0.0)
        pulls = np.einsum("nij,nj->ni", precision, distance)
        squares = pulls[:, :, None] * pulls[:, None, :]
        by_age = [np.zeros(overlap.shape) for _ in range(2)]
        for sums, values in zip(by_age, (squares, precision), strict=True):
            np.add.at(sums, self.age, values)
        factors = [
            (by_age[0] * part).sum() / max((by_age[1] * part).sum(), _LEAST) for part in of_age[:-1]
        ]
        for scale in (self.noise, self.promotion):
            part = scale[:, None, None] * overlap[self.age]
            factors.append((squares * part).sum() / max((precision * part).sum(), _LEAST))
        return variances * np.sqrt(np.maximum(factors, _LEAST)), slopes


def _slopes(precision: Floats, logs: Floats, covariates: Floats) -> Floats:
    """Return the slopes by generalised least squares, drawn to 0 a little: [windows, 4]."""
    windows, count = logs.shape[1], covariates.shape[1]
    squares = covariates[:, :, None] * covariates[:, None, :]
    left = np.tensordot(precision, squares, axes=(0, 0)).transpose(0, 2, 1, 3)
    left = left.reshape(windows * count, windows * count) + np.eye(windows * count)
    right = np.einsum("nij,nj,na->ia", precision, logs, covariates, optimize=True)
    found: Floats = np.linalg.solve(left, right.reshape(-1)).reshape(windows, count)
    return found


def _log(share: Floats, count: Floats) -> Floats:
    """Return the log of a mean over the level, at 0 as well, without the bias of few counts."""
    bias = _HALF / (count + _HALF)
    logs: Floats = np.log((np.maximum(share, 0.0) * count + _HALF) / (count + _HALF)) + bias
    return logs


def _without_promotions(past: Past, units: Floats) -> Floats:
    """Return the units, NaN on the days of promotions that the night knows: [n, steps]."""
    day = np.arange(1, units.shape[1] + 1)
    is_on = np.zeros(units.shape, dtype=bool)
    for place in (1, 2):
        first, last = (past[f"promotion_{place}_{part}"][:, None] for part in ("first", "last"))
        is_on |= (day >= first) & (day <= last)
    return np.where(is_on, np.nan, units)


def _weekly(units: Floats, weeks: int) -> tuple[Floats, Floats]:
    """Return the mean of the known days of each week, and their number: [n, weeks] each."""
    short = weeks * WEEK - units.shape[1]
    days = np.pad(units, ((0, 0), (0, short)), constant_values=np.nan).reshape(-1, weeks, WEEK)
    known = np.count_nonzero(~np.isnan(days), axis=2).astype(np.float64)
    means = np.nansum(days, axis=2) / np.maximum(known, 1.0)
    return np.where(known >= _LEAST_DAYS, means, np.nan), known


def _chunks(rows: int) -> Iterator[Codes]:
    for first in range(0, rows, _CHUNK):
        yield np.arange(first, min(first + _CHUNK, rows))


def _times(rows: Floats, matrix: Floats) -> Floats:
    """Return the product, added up in one order however many rows there are: [n, columns]."""
    product: Floats = (rows[:, :, None] * matrix).sum(axis=1)
    return product
