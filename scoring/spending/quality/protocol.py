"""Measure the shipped forecast on the handbook's customers and on made ones, and write the report.

The handbook has 79 days, so its fit knows few of them; the made customers have nine months, and
their forecasts of 90 days are measured too.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from features.platform.settings import Settings
from scoring.quality import checks
from scoring.quality.checks import Check
from scoring.quality.report import write
from scoring.spending.past import MONTH, QUARTER
from scoring.spending.quality import backtest, worlds
from scoring.spending.quality.backtest import Days
from scoring.spending.quality.day_book import DayBook

PART = "purchasing_power"
#: Of the handbook; the settings were chosen on the earlier days.
VALIDATION = Days(fit=(8,), calibrate=11, test=41)
TEST = Days(fit=(13,), calibrate=18, test=48)
#: Of the made customers.
MONTHS = Days(fit=(89, 119, 149), calibrate=179, test=209)
QUARTERS = Days(fit=(59,), calibrate=89, test=179)


def run(path: Path, settings: Settings, *, days: Days = TEST) -> int:
    """Measure both sets of customers, print, and write the report.

    Args:
        path: the handbook's transactions.
        settings: the folder of the report.
        days: of the handbook.

    Returns:
        0 if every bar holds, otherwise 1.

    Raises:
        ValueError: the file has too few days.
    """
    public = _measured("handbook", worlds.handbook(path), {MONTH: days}, settings)
    made = _measured("synthetic", worlds.made(), {MONTH: MONTHS, QUARTER: QUARTERS}, settings)
    measured = [*public, *made]
    sys.stdout.write("\n".join(checks.as_lines(measured)) + "\n")
    return 0 if all(check.holds for check in measured) else 1


def _measured(
    name: str, book: DayBook, horizons: dict[int, Days], settings: Settings
) -> list[Check]:
    """Measure one set of customers; bars are of 30 days."""
    started = time.monotonic()
    by_horizon = {
        horizon: backtest.measure_days(book, chosen, horizon)
        for horizon, chosen in horizons.items()
    }
    for horizon, measures in by_horizon.items():
        title = f"{name}: {horizon} days ahead of day {horizons[horizon].test}"
        sys.stdout.write("\n".join(backtest.as_lines(title, measures)) + "\n")
    suffix = "" if name == "handbook" else f".{name}"
    found = backtest.checks(by_horizon[MONTH], suffix)
    figures = {
        "customers": len(book.spent),
        "days": book.days,
        "seconds": round(time.monotonic() - started, 1),
        "horizons": [
            {"days": horizon, **horizons[horizon].as_dict(), **measures.as_dict()}
            for horizon, measures in by_horizon.items()
        ],
    }
    write("quality", f"{PART}_{name}", figures, found, settings)
    return found
