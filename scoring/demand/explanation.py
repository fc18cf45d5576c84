"""Explain the forecast of a series: baseline, drivers, and the same days of last year. Pure."""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Floats
from scoring.demand import classes, methods
from scoring.demand.classes import CLASSES
from scoring.demand.model import DemandModel
from scoring.demand.past import Past

#: The method that people compare with: the newest day of each weekday, again.
BASELINE = "seasonal_naive"
PATTERNS = {
    "smooth": "sells on most days, in even numbers",
    "erratic": "sells on most days, in uneven numbers",
    "intermittent": "sells on few days, in even numbers",
    "lumpy": "sells on few days, in uneven numbers",
    "new": "began to sell less than 8 weeks ago",
}


def lines(model: DemandModel, row: Floats) -> list[str]:
    """Return lines for a person about the forecast of one series.

    Args:
        model: of the run.
        row: [1, columns] the series' row of the matrix.
    """
    past = model.past(row)
    days = model.steps * model.period
    total = float(model.score(row).mean_units.sum())
    code = classes.of(past)
    name = CLASSES[int(code[0])]
    baseline = float(
        methods.forecast(
            BASELINE, past, model.weekdays.profile(past), model.steps, model.period
        ).sum()
    )
    return [
        f"{name}: {PATTERNS[name]}; the mean is of {model.methods(code)[0]}, the best of this "
        "class in the backtest",
        f"baseline: {baseline:.1f} units in {days} days, if each weekday sells as at its newest "
        f"day; the forecast is {_change(total, baseline)} it",
        *_levels(past),
        *_season(past, total, days),
        *_promotions(past),
        *_stock(past),
    ]


def _levels(past: Past) -> list[str]:
    recent, month, year = (_one(past, f"units_{days}") for days in (7, 28, 364))
    line = f"level: {recent:.2f} units a day in 7 days, {month:.2f} in 28, {year:.2f} in a year"
    if np.isfinite(_one(past, "slope_56")):
        line += f"; it moves by {28 * _one(past, 'slope_56'):+.2f} a day over 28 days"
    return [line]


def _season(past: Past, total: float, days: int) -> list[str]:
    last_year = _one(past, "year_ago_28")
    if not np.isfinite(last_year):
        return ["last year: the series did not sell on the same days of last year"]
    before = _one(past, "year_ago_56")
    moved = f", {_change(last_year, before)} the 8 weeks before" if before > 0 else ""
    return [
        f"last year: {days * last_year:.1f} units in the same {days} days, 52 weeks earlier"
        f"{moved}; the forecast is {_change(total, days * last_year)} it"
    ]


def _promotions(past: Past) -> list[str]:
    found = []
    for place in (1, 2):
        first, last, discount = (
            _one(past, f"promotion_{place}_{part}") for part in ("first", "last", "discount")
        )
        if np.isfinite(first):
            price = f", {100 * discount:.0f} % off" if np.isfinite(discount) else ""
            found.append(f"promotion: days {first:.0f} to {last:.0f} ahead{price}")
    lift = _one(past, "promoted_lift_364")
    if found and np.isfinite(lift):
        found.append(f"earlier promotions sold {lift:.2f} times the units of other days")
    return found


def _stock(past: Past) -> list[str]:
    out, part = _one(past, "out_share_56"), _one(past, "partial_share_56")
    known = [] if _one(past, "is_stock_known") else ["stock: no count is known of the night"]
    if np.nan_to_num(out) + np.nan_to_num(part) == 0:
        return known
    return [
        *known,
        f"stock: none on {100 * out:.0f} % of the days of 8 weeks, and for a part of the day on "
        f"{100 * part:.0f} %; these days say nothing about demand",
    ]


def _change(value: float, base: float) -> str:
    """Return how a value compares with a base, before the word for the base."""
    if not base > 0:
        return "above" if value > 0 else "equal to"
    share = 100 * (value / base - 1)
    return f"{abs(share):.0f} % {'above' if share >= 0 else 'below'}"


def _one(past: Past, name: str) -> float:
    return float(past[name][0])
