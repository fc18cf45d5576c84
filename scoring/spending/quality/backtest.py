"""Measure the shipped forecast on a later day than its fit and its interval know. Pure.

The point learns from one day, the interval from a later one, and the measures are of a day by which
both horizons have passed. So nothing that the measures count was known to the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats
from scoring.models.card import cell
from scoring.quality.checks import Check
from scoring.spending.evaluation import Measures, measure
from scoring.spending.horizon import HorizonForecast
from scoring.spending.past import Past
from scoring.spending.quality.day_book import DayBook

COVERAGE = (0.75, 0.85)


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a measurement, counted from the first known day.

    Args:
        fit: the point learns from them.
        calibrate: the interval learns from it.
        test: the measures are of it.
    """

    fit: tuple[int, ...]
    calibrate: int
    test: int

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for a report."""
        return {"fit": list(self.fit), "calibrate": self.calibrate, "test": self.test}


def measure_days(book: DayBook, chosen: Days, days: int) -> Measures:
    """Fit, calibrate and measure a forecast of some days.

    Raises:
        ValueError: a horizon of the fit or of the interval ends after the day of the test, or the
            horizon of the test after the last known day.
    """
    if max(*chosen.fit, chosen.calibrate) + days > chosen.test or chosen.test + days >= book.days:
        raise ValueError(
            f"{days} days after {chosen} must have passed by the test, and all by day {book.days}"
        )
    forecast = HorizonForecast(days)
    forecast.fit(*_rows(book, chosen.fit, days)).calibrate(*_rows(book, [chosen.calibrate], days))
    customers = book.active(chosen.test)
    return measure(
        forecast.predict(book.past(chosen.test, customers)),
        book.baselines(chosen.test, days, customers),
        book.next(chosen.test, days, customers),
        np.arange(len(customers)),
    )


def checks(measures: Measures, suffix: str = "") -> list[Check]:
    """Return the bars of a data set; `mae_ratio` is that to the better baseline.

    Args:
        measures: of 30 days.
        suffix: of the checks' names, for a data set beside the public one.
    """
    ratios = measures.ratio_last, measures.ratio_mean
    named: list[tuple[str, float, tuple[float, float] | None]] = [
        ("power.mae_ratio", max(ratio.value for ratio in ratios), (0.0, 1.0)),
        ("power.mae_ratio_upper", max(ratio.high for ratio in ratios), (0.0, 1.0)),
        ("power.coverage_80", measures.coverage.value, COVERAGE),
        ("power.mae_ratio.same_as_last", measures.ratio_last.value, None),
        ("power.mae_ratio.own_mean", measures.ratio_mean.value, None),
        ("power.bias", measures.bias, None),
    ]
    return [Check(f"{name}{suffix}", value, bar) for name, value, bar in named]


def as_lines(title: str, measures: Measures) -> list[str]:
    """Return a measurement as lines for a person."""
    levels = ", ".join(f"{level:.3f}" for level in measures.coverage_by_level)
    return [
        title,
        f"  mean absolute error {measures.mae:.2f}; same as the last days "
        f"{measures.mae_last:.2f}; own mean {measures.mae_mean:.2f}",
        f"  ratio {cell(measures.ratio_last)} to the last days, "
        f"{cell(measures.ratio_mean)} to the own mean",
        f"  within the interval {cell(measures.coverage)}; by fifths of the point {levels}",
        f"  width of the interval {measures.width:.2f} of the spending; sum of the points "
        f"{measures.bias:.3f} of the spending",
    ]


def _rows(book: DayBook, chosen: Sequence[int], days: int) -> tuple[Past, Floats]:
    by_day = [(day, book.active(day)) for day in chosen]
    pasts = [book.past(day, customers) for day, customers in by_day]
    spent = [book.next(day, days, customers) for day, customers in by_day]
    columns = (
        np.concatenate([getattr(past, name) for past in pasts])
        for name in Past.__dataclass_fields__
    )
    return Past(*columns), np.concatenate(spent)
