"""Hold the smooth level of each series and the day effects of each channel, with penalties. Pure.

A level is a cubic spline of time with a knot every thirteen weeks, so it carries trend and season
of its own series. The effect of a day belongs to all series of a channel: it carries weekdays,
holidays and the common season. Both penalties grow with the pieces, so the unit of the pieces does
not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline

from features.platform.arrays import Codes, Floats
from scoring.pricing.history import History

KNOT_DAYS = 91
_DEGREE = 3
_LEVEL_PENALTY = 1.0  # of the second differences, in days of mean pieces
_FLOOR = 1e-3  # of every coefficient, in days of mean pieces
_DAY_PENALTY = 0.02  # of the mean pieces of a channel's day, beside the weekday
_DAY_FLOOR = 1e-4
_START_WEIGHT = 0.1  # of the usual mean, beside what was observed


@dataclass(frozen=True, slots=True)
class Penalty:
    """Quadratic penalties: `level` [S, K, K] of each series, `day` [D, D] per mean piece."""

    level: Floats
    day: Floats


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects, all logs.

    Args:
        mean: [S] of the pieces of an observed day, as it was measured.
        level: [S, K] spline coefficients beside the mean.
        day: [C, D] of the channels.
    """

    mean: Floats
    level: Floats
    day: Floats

    def log_base(self, basis: Floats, channel: Codes) -> Floats:
        """Return the log of the base at the mean of the log price: [S, D]."""
        log: Floats = self.mean[:, None] + self.level @ basis.T + self.day[channel]
        return log


def basis(days: int) -> Floats:
    """Return the values of the splines on each day: [D, K]."""
    pieces = max(round(days / KNOT_DAYS), 1)
    inner = np.linspace(0.0, float(days), pieces + 1)
    knots = np.concatenate([np.zeros(_DEGREE), inner, np.full(_DEGREE, float(days))])
    values: Floats = BSpline.design_matrix(np.arange(days) + 0.5, knots, _DEGREE).toarray()
    return values


def penalty(history: History, splines: int) -> Penalty:
    """Return the penalties of a history: levels bend little, days stay near their weekday."""
    seen = np.where(history.is_observed, history.units, 0.0)
    mean = seen.sum(axis=1) / np.maximum(history.is_observed.sum(axis=1), 1)
    bend = np.diff(np.eye(splines), n=2, axis=0)
    level = _LEVEL_PENALTY * bend.T @ bend + _FLOOR * np.eye(splines)
    days = history.units.shape[1]
    weekday = np.arange(days) % 7
    same = (weekday[:, None] == weekday).astype(np.float64)
    beside = np.eye(days) - same / same.sum(axis=1)
    day = _DAY_PENALTY * beside + _DAY_FLOOR * np.eye(days)
    return Penalty(mean[:, None, None] * level, day)


def start(history: History, basis: Floats) -> Effects:
    """Return effects near the fit: local means as levels, and the channels' days beside them."""
    seen = history.is_observed
    units = np.where(seen, history.units, 0.0)
    mean = units.sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    weight = basis.sum(axis=0) * _START_WEIGHT
    local = (units @ basis + mean[:, None] * weight) / (seen @ basis + weight)
    expected = np.where(seen, np.exp(np.log(local) @ basis.T), 0.0)
    channels = int(history.channel.max(initial=0)) + 1
    sold, due = np.zeros((2, channels, units.shape[1]))
    np.add.at(sold, history.channel, units)
    np.add.at(due, history.channel, expected)
    usual = _START_WEIGHT * due.mean(axis=1, keepdims=True)
    level = np.log(local / mean[:, None])
    return Effects(np.log(mean), level, np.log((sold + usual) / (due + usual)))
