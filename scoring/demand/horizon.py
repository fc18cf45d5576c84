"""Expand series-nights to the periods ahead, with calendar and promotions, for boosted trees. Pure.

A cell is a series-night and a step ahead. Its base is the level of the series in the week ahead, as
the seasons of all series show it, times the factor of the weekday. Without learnt seasons it is one
level. The trees learn the factor between the base and the units, so one model serves series of any
scale: each level is a ratio to the level of the series.
"""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Floats, Integers
from scoring.demand.averages import ratio
from scoring.demand.methods import shrunk_level, spread
from scoring.demand.past import WEEK, Past

#: Levels that become ratios to the level of the series.
_LEVELS = (
    *("units_7", "units_28", "units_56", "units_91", "units_364", "median_28", "median_56"),
    *("low_56", "high_56", "week_median_8", "level_10", "level_30", "year_ago_28", "year_ago_56"),
)
_LOG_LEVELS = ("log_level_10", "log_level_30", "week_log_level_30")
#: Columns that have no scale.
_PLAIN = (
    *("observed_days_56", "out_share_56", "partial_share_56", "is_stock_known"),
    *("adi_364", "cv2_364", "zero_share_28", "tsb_probability_10", "price_ratio_91"),
    *("promoted_share_56", "promoted_lift_364"),
)
#: Pairs whose ratio is the season or the growth of a group.
_PAIRS = tuple(
    (f"{group}_{part}", f"{group}_{whole}")
    for group in ("category", "merchant")
    for part, whole in (
        ("units_28", "units_364"),
        ("year_ago_28", "year_ago_56"),
        ("units_28", "year_ago_56"),
    )
)
#: A ratio of 0 has a logarithm through this share of the level.
_FLOOR = 0.05
_OLD_DAYS = 400.0
#: The terms of a cell that name its date.
CALENDAR = slice(2, 5)


def bases(
    past: Past, profile: Floats, steps: int, period: int = 1, level: Floats | None = None
) -> Floats:
    """Return the base of each cell: [n, steps] units, above 0.

    Args:
        past: n series-nights.
        profile: [n, 7] the factor of each weekday, Monday first.
        steps: periods ahead.
        period: days of a period.
        level: [n, steps] by the seasons; None = one level.
    """
    level = shrunk_level(past) if level is None else level
    return spread(past, level, profile, steps, period)


def of_night(past: Past) -> Floats:
    """Return the terms of series-nights that all their steps share: [n, terms], NaN = unknown."""
    level = shrunk_level(past)
    levels = [past[name] for name in _LEVELS]
    levels += [np.expm1(past[name]) for name in _LOG_LEVELS]
    pairs = [_log(ratio(past[part], past[whole])) for part, whole in _PAIRS]
    rest = [
        np.log(level),
        past["slope_56"] / level,
        np.minimum(past["age_days"], _OLD_DAYS),
        past["days_since_sale"] / np.maximum(np.nan_to_num(past["adi_364"], nan=1.0), 1.0),
        _log(ratio(past["year_ago_28"], past["year_ago_56"])),
        _log(ratio(past["category_units_28"], past["category_series_28"]) / level),
    ]
    plain = [past[name] for name in _PLAIN]
    return np.column_stack([*(_log(values / level) for values in levels), *pairs, *rest, *plain])


def of_cells(
    past: Past, profile: Floats, step: Integers, period: int = 1, level: Floats | None = None
) -> Floats:
    """Return the terms of one cell per row: [n, terms], NaN = unknown.

    Args:
        past: the series-night of each cell.
        profile: [n, 7] the factor of each weekday, Monday first.
        step: [n] the periods ahead, from 1.
        period: days of a period.
        level: [n] of the step by the seasons; None adds no term.
    """
    end = step * period
    day = past["night_day"].astype(np.int64) + end
    weekday = (day + 3) % WEEK
    date = day.astype("datetime64[D]")
    day_of_year = (date - date.astype("datetime64[Y]")).astype(np.int64)
    month = date.astype("datetime64[M]")
    rows = np.arange(len(past))
    newest = np.column_stack([past[f"newest_weekday_{each}"] for each in range(WEEK)])
    return np.column_stack(
        [
            step.astype(np.float64),
            weekday.astype(np.float64),
            day_of_year.astype(np.float64),
            # with both, trees of few bins find a single date such as a holiday
            (month.astype(np.int64) % 12).astype(np.float64),
            (date - month).astype(np.float64),
            np.log(profile[rows, weekday] + _FLOOR),
            _log(newest[rows, weekday] / shrunk_level(past)),
            *_promotion(past, end, period),
            *([] if level is None else [np.log(level / shrunk_level(past))]),
        ]
    )


def _promotion(past: Past, end: Integers, period: int) -> list[Floats]:
    """Return the discount, the days since its begin, and the days since the last promotion: [n]."""
    discount, begun = np.zeros(len(past)), np.full(len(past), np.nan)
    after = np.full(len(past), np.nan)
    for place in (2, 1):
        first, last = past[f"promotion_{place}_first"], past[f"promotion_{place}_last"]
        is_on = (first <= end) & (last > end - period)
        share = np.clip(np.nan_to_num(past[f"promotion_{place}_discount"]), 0.0, 1.0)
        discount = np.where(is_on, np.maximum(share, 0.01), discount)
        begun = np.where(is_on, end - first, begun)
        is_over = last <= end - period
        after = np.where(is_over & ~(after < end - last), end - last, after)
    return [discount, begun, after]


def _log(values: Floats) -> Floats:
    """Return the logarithm of ratios, finite at 0; NaN stays NaN: [n]."""
    logs: Floats = np.log(np.maximum(values, 0.0) + _FLOOR)
    return logs
