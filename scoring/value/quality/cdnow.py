"""Measures the value models on the public CDNOW sample, whose parameters are published.

The file has the purchases of 2,357 customers of a record shop, who all began in the first quarter
of 1997. The models learn from the weeks to 1997-09-30 and forecast weeks 40 to 78.

The job forecasts at most 90 days from the newest purchases with pinned parameters. So the bar of
the sum counts three forecasts of 13 weeks. The report holds the sum of a single forecast too.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from features.platform.arrays import Floats, Integers
from features.platform.settings import Settings
from scoring.quality import checks
from scoring.quality.checks import Check
from scoring.quality.report import write
from scoring.value import amounts, purchases
from scoring.value.amounts import Correlation, ValueModel, Values
from scoring.value.purchases import Histories, PurchaseModel, Variant

SOURCE = "cdnow"
#: Days since 1970 of 1997-09-30, the last day that the models know.
CALIBRATION_END = 10_134
WEEK, QUARTER, FORECAST = 7.0, 13, 39
#: Fader, Hardie and Lee (2005), table 2, and Fader and Hardie (2013).
PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
TOLERANCE = 0.001
SERVED = Variant.MBG_NBD


@dataclass(frozen=True, slots=True)
class Purchases:
    """The purchase days of the sample, in order of customer and day.

    Attributes:
        customer: [m] from 0.
        day: [m] since 1970.
        value: [m] of all purchases of the day, in dollars.
    """

    customer: Integers
    day: Integers
    value: Floats

    def count_between(self, first: int, last: int) -> Floats:
        """Return each customer's purchase days from `first` to `last`, both included."""
        is_within = (self.day >= first) & (self.day <= last)
        counted = np.bincount(self.customer[is_within], minlength=self.customer[-1] + 1)
        return counted.astype(np.float64)

    def known_on(self, day: int) -> tuple[Histories, Values]:
        """Return the histories in weeks and the repeat purchases' values at the end of a day."""
        is_known = self.day <= day
        known = Purchases(self.customer[is_known], self.day[is_known], self.value[is_known])
        _, first, count = np.unique(known.customer, return_index=True, return_counts=True)
        began, last = known.day[first], known.day[first + count - 1]
        repeats: Floats = (count - 1).astype(np.float64)
        spent = np.add.reduceat(known.value, first) - known.value[first]
        recency: Floats = (last - began) / WEEK
        age: Floats = (day - began) / WEEK
        mean: Floats = spent / np.maximum(repeats, 1.0)
        return Histories(repeats, recency, age), Values(repeats, mean)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast of one variant for weeks 40 to 78.

    Attributes:
        model: the parameters of the calibration.
        at_once: [customers] expected purchases, forecast at the end of the calibration.
        quarterly: the sum of three forecasts of 13 weeks with the same parameters.
    """

    model: PurchaseModel
    at_once: Floats
    quarterly: float


@dataclass(frozen=True, slots=True)
class CdnowReport:
    """The measures of the report.

    Attributes:
        forecasts: by variant.
        values: the gamma-gamma parameters.
        correlation: of frequency and value, which gamma-gamma assumes to be 0.
        bought: [customers] the purchases of weeks 40 to 78.
        as_before: [customers] the purchases of the 39 weeks of calibration.
    """

    forecasts: Mapping[Variant, Forecast]
    values: ValueModel
    correlation: Correlation | None
    bought: Floats
    as_before: Floats

    def sum_error(self, expected: float) -> float:
        """Return the distance of a sum from the truth, relative to the truth."""
        return abs(expected / float(self.bought.sum()) - 1.0)

    def mae_ratio(self, variant: Variant) -> float:
        """Return the mean absolute error of a customer, relative to that of the rate before."""
        error = np.abs(self.forecasts[variant].at_once - self.bought).mean()
        return float(error / np.abs(self.as_before - self.bought).mean())


def run(path: Path, settings: Settings) -> int:
    """Measure the models on the file, print and write the report; 1 if a bar does not hold."""
    report = measure(read(path))
    measured = checks_of(report)
    sys.stdout.write(_text(report, measured))
    figures = {"data": {"file": path.name, "customers": len(report.bought)}}
    target = write("quality", SOURCE, figures, measured, settings)
    sys.stdout.write(f"\n{target}\n")
    return 0 if all(check.holds for check in measured) else 1


def read(path: Path) -> Purchases:
    """Return the purchase days of a file; purchases of a customer on a day are merged."""
    table = pa.csv.read_csv(path)
    dates = pc.strptime(table["date"].cast(pa.string()), format="%Y%m%d", unit="s")
    day = dates.cast(pa.date32()).cast(pa.int32()).to_numpy().astype(np.int64)
    customer = np.unique(table["master_id"].to_numpy(), return_inverse=True)[1].astype(np.int64)
    order = np.lexsort((day, customer))
    customer, day = customer[order], day[order]
    is_new = np.ones(len(day), dtype=bool)
    is_new[1:] = (np.diff(customer) != 0) | (np.diff(day) != 0)
    starts = np.flatnonzero(is_new)
    value = np.add.reduceat(table["dollar_value"].to_numpy()[order].astype(np.float64), starts)
    return Purchases(customer[starts], day[starts], value)


def measure(sample: Purchases) -> CdnowReport:
    """Fit the models on the calibration, and forecast weeks 40 to 78."""
    histories, values = sample.known_on(CALIBRATION_END)
    end = CALIBRATION_END + int(FORECAST * WEEK)
    return CdnowReport(
        {variant: _forecast(sample, histories, variant) for variant in Variant},
        amounts.fit(values),
        amounts.correlation(values),
        sample.count_between(CALIBRATION_END + 1, end),
        histories.repeats,
    )


def checks_of(report: CdnowReport) -> list[Check]:
    """Return the measured values with their bars."""
    published = report.forecasts[Variant.BG_NBD].model
    measured = [
        Check(
            f"value.cdnow.{name}", getattr(published, name), (value - TOLERANCE, value + TOLERANCE)
        )
        for name, value in PUBLISHED.items()
    ]
    served = report.forecasts[SERVED]
    measured += [
        Check("value.cdnow_sum_error", report.sum_error(served.quarterly), (0.0, 0.1)),
        Check("value.cdnow_mae_ratio", report.mae_ratio(SERVED), (0.0, 0.999)),
    ]
    for variant, forecast in report.forecasts.items():
        at_once = report.sum_error(float(forecast.at_once.sum()))
        measured += [
            Check(
                f"value.cdnow.{variant}.sum_error_quarterly",
                report.sum_error(forecast.quarterly),
                None,
            ),
            Check(f"value.cdnow.{variant}.sum_error_at_once", at_once, None),
            Check(f"value.cdnow.{variant}.mae_ratio", report.mae_ratio(variant), None),
        ]
    names = ("p", "q", "gamma")
    measured += [
        Check(f"value.cdnow.{name}", value, None)
        for name, value in zip(names, report.values.parameters, strict=True)
    ]
    if report.correlation:
        measured += [
            Check("value.cdnow.correlation", report.correlation.value, None),
            Check("value.cdnow.correlation_p_value", report.correlation.p_value, None),
        ]
    return measured


def _forecast(sample: Purchases, histories: Histories, variant: Variant) -> Forecast:
    model = purchases.fit(histories, variant)
    steps = range(0, FORECAST, QUARTER)
    days = (CALIBRATION_END + int(weeks * WEEK) for weeks in steps)
    later = sum(model.expected(sample.known_on(day)[0], QUARTER).sum() for day in days)
    return Forecast(model, model.expected(histories, FORECAST), float(later))


def _text(report: CdnowReport, measured: list[Check]) -> str:
    head = "".join(f"{name:>9}" for name in PUBLISHED)
    lines = [f"{'variant':10}{head}{'39 weeks':>11}{'3 x 13':>9}{'truth':>9}"]
    for variant, forecast in report.forecasts.items():
        numbers = "".join(f"{value:9.3f}" for value in forecast.model.parameters)
        lines.append(
            f"{variant:10}{numbers}{forecast.at_once.sum():11.0f}{forecast.quarterly:9.0f}"
            f"{report.bought.sum():9.0f}"
        )
    p, q, gamma = report.values.parameters
    lines.append(f"gamma-gamma: p {p:.2f}, q {q:.2f}, gamma {gamma:.2f}")
    lines.append(f"{amounts.as_sentence(report.correlation)}\n")
    return "\n".join([*lines, *checks.as_lines(measured)]) + "\n"
