"""Describe the known demand of series at a night, in columns. Pure.

The warehouse computes the same columns in SQL for the nights it serves. This module computes them
from matrices, for measurements without a warehouse and as the definition that tests compare with.

The unit of time is a period of one or seven days. A column of `n` days covers the periods of the
`n` days that end with the night, from the first period with units on. A period without stock, or
with stock for a part of it, is missing: its units say nothing about demand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Codes, Flags, Floats, Integers
from scoring.demand.averages import (
    exponential,
    gaps,
    mean,
    median,
    newest,
    quantile,
    ratio,
    slope,
    squared_variation,
)
from scoring.demand.history import History, Known, State, look_back
from scoring.demand.promotions import ahead

YEAR = 364
WEEK = 7
#: Days with a weekday's mean.
WEEKDAY_DAYS = 56
#: Smoothing of the exponential means.
SLOW, FAST = 0.1, 0.3
#: The quantiles of an interval of 80 %.
LOW, HIGH = 0.1, 0.9

GROUP_WINDOWS = ("units_28", "units_364", "year_ago_28", "year_ago_56")
#: The columns in the order of a matrix.
COLUMNS = (
    *("night_day", "age_days", "days_since_sale", "observed_days_56", "observed_days_364"),
    *("out_share_56", "partial_share_56", "is_stock_known"),
    *("units_7", "units_28", "units_56", "units_91", "units_364"),
    *("median_28", "median_56", "low_56", "high_56", "week_median_8"),
    *("level_10", "level_30", "log_level_10", "log_level_30", "week_log_level_30", "slope_56"),
    *(f"weekday_{day}" for day in range(WEEK)),
    *(f"newest_weekday_{day}" for day in range(WEEK)),
    *("adi_364", "cv2_364", "zero_share_28"),
    *("tsb_probability_10", "tsb_size_10", "croston_interval_10"),
    *("year_ago_28", "year_ago_56"),
    *(f"category_{name}" for name in GROUP_WINDOWS),
    *(f"merchant_{name}" for name in GROUP_WINDOWS),
    *("category_series_28", "price", "price_ratio_91", "promoted_share_56", "promoted_lift_364"),
    *(f"promotion_{place}_{part}" for place in (1, 2) for part in ("first", "last", "discount")),
)


@dataclass(frozen=True, slots=True)
class Past:
    """The columns of n series at a night.

    Args:
        matrix: [n, columns], NaN = nothing known.
        series: [n], index of the series.
        names: of the columns.
    """

    matrix: Floats
    series: Codes
    names: tuple[str, ...] = COLUMNS

    def __len__(self) -> int:
        return len(self.matrix)

    def __getitem__(self, name: str) -> Floats:
        column: Floats = self.matrix[:, self.names.index(name)]
        return column

    @classmethod
    def joined(cls, parts: Sequence[Past]) -> Past:
        """Return the rows of several nights; all parts have the same names."""
        return cls(
            np.concatenate([part.matrix for part in parts]),
            np.concatenate([part.series for part in parts]),
            parts[0].names,
        )

    def without_promotions(self) -> Past:
        """Return the rows as if no promotion were known for the days ahead."""
        is_ahead = [name.startswith("promotion_") for name in self.names]
        return Past(np.where(is_ahead, np.nan, self.matrix), self.series, self.names)

    def take(self, chosen: Flags | Integers) -> Past:
        """Return the chosen rows."""
        return Past(self.matrix[chosen], self.series[chosen], self.names)


def at_night(history: History, place: int) -> Past:
    """Return the columns of the series with units in the look-back.

    Args:
        history: the series; later periods than the night have no effect.
        place: index of the night's period.
    """
    known = look_back(history, place)
    night = history.day_at(place)
    found = {
        "night_day": np.full(len(known.age), float(night)),
        **_stock(known, history.period),
        **_levels(known, history.period),
        **_weekdays(known, night, history.period),
        **_intermittence(known, history.period),
        **_groups(known, history),
        **_prices(known, history.period),
        **ahead(history.promotions, night, _regular_price(known, history.period)),
    }
    matrix = np.column_stack([found[name] for name in COLUMNS])
    live = np.flatnonzero(known.units.any(axis=1))
    return Past(np.ascontiguousarray(matrix[live]), live)


def _stock(known: Known, period: int) -> dict[str, Floats]:
    recent = 56 // period
    days = np.minimum(known.age + 1, recent).astype(np.float64)
    lives = np.arange(recent) <= known.age[:, None]
    state = known.state[:, :recent]
    return {
        "age_days": known.age.astype(np.float64) * period,
        "days_since_sale": np.argmax(known.units > 0, axis=1).astype(np.float64) * period,
        "observed_days_56": _count(known.is_observed[:, :recent]) * period,
        "observed_days_364": _count(known.is_observed[:, : YEAR // period]) * period,
        "out_share_56": ratio(_count(lives & (state == State.OUT)), days),
        "partial_share_56": ratio(_count(lives & (state == State.PARTIAL)), days),
        "is_stock_known": (known.state[:, 0] != State.UNKNOWN).astype(np.float64),
        "promoted_share_56": ratio(_count(lives & known.promoted[:, :recent]), days),
    }


def _levels(known: Known, period: int) -> dict[str, Floats]:
    units, seen, year = known.units, known.is_observed, YEAR // period
    columns = {
        f"units_{days}": mean(units[:, : days // period], seen[:, : days // period])
        for days in (7, 28, 56, 91, 364)
    }
    for days in (28, 56):
        columns[f"median_{days}"] = median(units[:, : days // period], seen[:, : days // period])
    for name, share in (("low_56", LOW), ("high_56", HIGH)):
        columns[name] = quantile(units[:, : 56 // period], seen[:, : 56 // period], share)
    logs = np.log1p(units)
    for name, values in (("level", units), ("log_level", logs)):
        for label, smoothing in (("10", SLOW), ("30", FAST)):
            columns[f"{name}_{label}"] = exponential(values[:, :year], seen[:, :year], smoothing)
    length = WEEK // period
    weeks, is_whole = _weeks(known, length, year // length)
    columns["week_median_8"] = median(weeks[:, :8], is_whole[:, :8])
    columns["week_log_level_30"] = exponential(np.log1p(weeks), is_whole, FAST)
    columns["slope_56"] = slope(units[:, : 56 // period], seen[:, : 56 // period])
    shift = year - 28 // period
    columns["year_ago_28"] = mean(units[:, shift:year], seen[:, shift:year])
    columns["year_ago_56"] = mean(units[:, year:], seen[:, year:])
    return columns


def _weeks(known: Known, length: int, count: int) -> tuple[Floats, Flags]:
    """Return the mean per observed period of the last weeks, and whether each has one: [S, count].

    Only a week that began after the series is whole and has a mean.
    """
    shape = (len(known.age), count, length)
    units = known.units[:, : count * length].reshape(shape)
    seen = known.is_observed[:, : count * length].reshape(shape)
    periods = seen.sum(axis=2)
    ends = (np.arange(count) + 1) * length - 1
    is_whole = (periods > 0) & (ends <= known.age[:, None])
    means = np.where(is_whole, (units * seen).sum(axis=2) / np.maximum(periods, 1), 0.0)
    return means, is_whole


def _weekdays(known: Known, night: int, period: int) -> dict[str, Floats]:
    """Return the mean and the newest units of each weekday; longer periods have none."""
    columns = {}
    recent = WEEKDAY_DAYS // period
    weekday = (night - np.arange(recent) + 3) % WEEK  # day 0 was a Thursday
    for day in range(WEEK):
        chosen = np.flatnonzero(weekday == day) if period == 1 else np.empty(0, dtype=np.int64)
        units, seen = known.units[:, chosen], known.is_observed[:, chosen]
        columns[f"weekday_{day}"] = mean(units, seen)
        columns[f"newest_weekday_{day}"] = newest(units, seen)
    return columns


def _intermittence(known: Known, period: int) -> dict[str, Floats]:
    year, month = YEAR // period, 28 // period
    units, seen = known.units[:, :year], known.is_observed[:, :year]
    sold = seen & (units > 0)
    promoted = known.promoted[:, :year]
    zeros = (units == 0).astype(np.float64)
    lift, others = mean(units, seen & promoted), mean(units, seen & ~promoted)
    return {
        "adi_364": ratio(_count(seen), _count(sold)),
        "cv2_364": squared_variation(units, sold),
        "zero_share_28": mean(zeros[:, :month], seen[:, :month]),
        "tsb_probability_10": exponential((units > 0).astype(np.float64), seen, SLOW),
        "tsb_size_10": exponential(units, sold, SLOW),
        "croston_interval_10": exponential(*gaps(seen, sold), SLOW),
        "promoted_lift_364": ratio(lift, others),
    }


def _groups(known: Known, history: History) -> dict[str, Floats]:
    pairs = np.column_stack([history.merchant, history.category])
    category = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)
    merchant = np.unique(history.merchant, return_inverse=True)[1]
    columns = {}
    year, month = YEAR // history.period, 28 // history.period
    windows = ((0, month), (0, year), (year - month, year), (year, known.units.shape[1]))
    for group, code in (("category", category), ("merchant", merchant)):
        age = np.full(code.max(initial=0) + 1, -1)
        np.maximum.at(age, code, known.age)
        for name, (newest_place, end) in zip(GROUP_WINDOWS, windows, strict=True):
            sums = _sums(code, known.units[:, newest_place:end])
            periods = np.minimum(end, age + 1) - newest_place
            columns[f"{group}_{name}"] = ratio(sums, np.maximum(periods, 0).astype(float))[code]
    is_sold = np.any(known.units[:, :month] > 0, axis=1, keepdims=True)
    columns["category_series_28"] = _sums(category, is_sold.astype(np.float64))[category]
    return columns


def _sums(code: Codes, values: Floats) -> Floats:
    """Return the sum of the values [n, T] of each code: [codes]."""
    sums: Floats = np.bincount(code, values.sum(axis=1)).astype(np.float64)
    return sums


def _prices(known: Known, period: int) -> dict[str, Floats]:
    price = newest(known.price, ~np.isnan(known.price))
    paid = _paid(known, np.ones_like(known.promoted), period)
    return {"price": price, "price_ratio_91": ratio(price, paid)}


def _regular_price(known: Known, period: int) -> Floats:
    """Return the mean price of a piece outside of promotions, else the newest price: [S]."""
    regular = _paid(known, ~known.promoted, period)
    price = newest(known.price, ~np.isnan(known.price))
    return np.where(np.isnan(regular), price, regular)


def _paid(known: Known, is_chosen: Flags, period: int) -> Floats:
    """Return the mean price of a piece sold in the chosen periods of 91 days: [S]."""
    quarter = 91 // period
    price, units = known.price[:, :quarter], known.units[:, :quarter]
    counts = is_chosen[:, :quarter] & ~np.isnan(price)
    spent = np.where(counts, np.nan_to_num(price) * units, 0.0).sum(axis=1)
    return ratio(spent, np.where(counts, units, 0.0).sum(axis=1))


def _count(flags: Flags) -> Floats:
    counts: Floats = flags.sum(axis=1).astype(np.float64)
    return counts
