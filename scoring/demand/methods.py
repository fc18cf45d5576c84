"""Forecast series by classical methods, from the columns of a night. Pure.

Each method gives one level per series. Where periods are days, a weekday profile spreads the level
over the days ahead. A series without the observed days that a method needs has the next best level,
and a new series that of its category.

Sources: Croston (1972) with the correction of Syntetos and Boylan (2005), Teunter, Syntetos and
Babai (2011) for TSB, Assimakopoulos and Nikolopoulos (2000) for Theta, which Hyndman and Billah
(2003) show to be exponential smoothing with half of the trend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from features.platform.arrays import Floats
from scoring.demand import evaluation
from scoring.demand.averages import ratio
from scoring.demand.past import SLOW, WEEK, Past

#: The shape of the gamma distribution of the levels of a category: they differ as much as their
#: mean is large.
CATEGORY_SHAPE = 1.0
#: A series with more observed days needs no category.
OWN_DAYS = 56
LEAST_LEVEL = 1e-3
#: Bounds of the factor that a year ago's season may have.
LEAST_SEASON, MOST_SEASON = 0.25, 4.0


def shrunk_level(past: Past) -> Floats:
    """Return a positive level that every series has: [n] units per period.

    It is the mean of 8 weeks and of a year. A series with few observed days is drawn to the mean of
    a series of its category, the more the fewer pieces it has sold and the less even they came: the
    mean of a Poisson rate with a gamma distribution, whose units have a larger variance.
    """
    peers = ratio(past["category_units_28"], past["category_series_28"])
    days = np.nan_to_num(past["observed_days_56"])
    year = _first(past["units_364"], peers)
    own = 0.5 * _first(past["units_56"], year) + 0.5 * year
    prior = np.maximum(_first(peers, own), LEAST_LEVEL)
    known = days / evaluation.unevenness(past)
    level = (known * own + CATEGORY_SHAPE) / (known + CATEGORY_SHAPE / prior)
    is_old = np.nan_to_num(past["observed_days_364"]) >= OWN_DAYS
    return np.maximum(np.where(is_old, own, level), LEAST_LEVEL)


def weekday_ahead(past: Past, steps: int) -> Floats:
    """Return the weekday of each day ahead, Monday = 0: [n, steps]."""
    return (past["night_day"][:, None] + np.arange(1, steps + 1) + 3.0) % WEEK


def spread(past: Past, level: Floats, profile: Floats, steps: int, period: int = 1) -> Floats:
    """Return a level in each period ahead, by weekday where periods are days: [n, steps].

    Args:
        past: the columns of n series.
        level: [n], or [n, steps] where it differs over the periods.
        profile: [n, 7] the factor of each weekday, Monday first.
        steps: periods ahead.
        period: days of a period, 1 or 7.
    """
    level = level if level.ndim == 2 else np.repeat(level[:, None], steps, axis=1)
    if period != 1:
        return level
    days = weekday_ahead(past, steps).astype(np.int64)
    return level * np.take_along_axis(profile, days, axis=1)


def forecast(name: str, past: Past, profile: Floats, steps: int, period: int = 1) -> Floats:
    """Return the forecast of one method: [n, steps] units per period, >= 0.

    Args:
        name: of `METHODS`.
        past: the columns of n series.
        profile: [n, 7] the factor of each weekday, Monday first.
        steps: periods ahead.
        period: days of a period, 1 or 7.
    """
    if name == "seasonal_naive":
        return _seasonal_naive(past, steps, period)
    level = np.maximum(_first(LEVELS[name](past), shrunk_level(past)), 0.0)
    if name == "theta":
        return _drifting(past, level, profile, steps, period)
    return spread(past, level, profile, steps, period)


def _seasonal_naive(past: Past, steps: int, period: int) -> Floats:
    """Return the newest units of the same weekday, or of the newest period."""
    level = _first(past["units_7"], shrunk_level(past))
    if period != 1:
        return np.repeat(level[:, None], steps, axis=1)
    newest = np.column_stack([past[f"newest_weekday_{day}"] for day in range(WEEK)])
    newest = np.where(np.isnan(newest), level[:, None], newest)
    return np.take_along_axis(newest, weekday_ahead(past, steps).astype(np.int64), axis=1)


def _drifting(past: Past, level: Floats, profile: Floats, steps: int, period: int) -> Floats:
    """Return a level that follows half of the trend, at least 0 and at most twice the level."""
    drift = 0.5 * np.nan_to_num(past["slope_56"])[:, None] * np.arange(1, steps + 1)
    factors = spread(past, np.ones(len(past)), profile, steps, period)
    return np.clip(level[:, None] + drift, 0.0, 2.0 * level[:, None]) * factors


def _croston(past: Past) -> Floats:
    return (1.0 - SLOW / 2.0) * past["tsb_size_10"] / past["croston_interval_10"]


def _season(past: Past) -> Floats:
    """Return the level of 28 days, moved as the category moved at this time of the last year."""
    factor = ratio(past["category_year_ago_28"], past["category_year_ago_56"])
    factor = np.clip(np.where(np.isnan(factor), 1.0, factor), LEAST_SEASON, MOST_SEASON)
    return past["units_28"] * factor


#: The level of each method: columns -> [n] units per period, NaN where nothing is known.
LEVELS: Mapping[str, Callable[[Past], Floats]] = {
    "mean_28": lambda past: past["units_28"],
    "mean_56": lambda past: past["units_56"],
    "shrunk_mean": shrunk_level,
    "median_28": lambda past: past["median_28"],
    "median_56": lambda past: past["median_56"],
    "week_median": lambda past: past["week_median_8"],
    "smoothing_10": lambda past: past["level_10"],
    "smoothing_30": lambda past: past["level_30"],
    "log_smoothing_10": lambda past: np.expm1(past["log_level_10"]),
    "log_smoothing_30": lambda past: np.expm1(past["log_level_30"]),
    "week_log_smoothing": lambda past: np.expm1(past["week_log_level_30"]),
    "theta": lambda past: past["level_30"],
    "croston_sba": _croston,
    "tsb": lambda past: past["tsb_probability_10"] * past["tsb_size_10"],
    "season": _season,
}
METHODS = (*LEVELS, "seasonal_naive")


def _first(*levels: Floats) -> Floats:
    """Return the first level that is known, 0 where none is: [n]."""
    answer = np.zeros_like(levels[0])
    for level in reversed(levels):
        answer = np.where(np.isnan(level), answer, level)
    return answer


def _above_0(values: Floats) -> Floats:
    return np.where(values > 0, values, 1.0)
