"""Measure forecasts of spending against two plain ones, with intervals over customers. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Codes, Floats
from scoring.models import evaluation
from scoring.spending.horizon import Interval
from scoring.spending.past import MONTH

LEVELS = 5


@dataclass(frozen=True, slots=True)
class Baselines:
    """The spending of the same customers by two plain rules: [n], major units.

    Args:
        last: as much as in the last days of the same number.
        mean: as much as in the mean of all observed days.
    """

    last: Floats
    mean: Floats


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of one forecast on n customers.

    Args:
        mae: mean absolute error, major units.
        mae_last: of the baseline "the same as the last days".
        mae_mean: of the baseline "the own mean".
        ratio_last: of the forecast's error to that of `last`, with its 95 % interval.
        ratio_mean: of the forecast's error to that of `mean`, with its 95 % interval.
        coverage: share of customers within the interval, with its 95 % interval.
        coverage_by_level: the same, by fifths of the point.
        width: mean width of the interval over mean spending.
        bias: sum of the points over the sum of spending.
    """

    mae: float
    mae_last: float
    mae_mean: float
    ratio_last: evaluation.Interval
    ratio_mean: evaluation.Interval
    coverage: evaluation.Interval
    coverage_by_level: tuple[float, ...]
    width: float
    bias: float

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for a report."""
        return {
            "mae": self.mae,
            "mae_same_as_last": self.mae_last,
            "mae_own_mean": self.mae_mean,
            "ratio_to_same_as_last": _bounds(self.ratio_last),
            "ratio_to_own_mean": _bounds(self.ratio_mean),
            "coverage": _bounds(self.coverage),
            "coverage_by_level": list(self.coverage_by_level),
            "width": self.width,
            "bias": self.bias,
        }


def baselines(spend_month: Floats, spend: Floats, observed: Floats, days: int) -> Baselines:
    """Return the plain forecasts of n customers.

    Args:
        spend_month: [n], spending of the last 30 days, or of the observed ones among them.
        spend: [n], spending of the look-back.
        observed: [n], observed days of the look-back.
        days: the horizon; the last 90 days are the look-back.
    """
    last = spend_month / np.minimum(observed, MONTH) if days <= MONTH else spend / observed
    return Baselines(last * days, spend / observed * days)


def measure(forecast: Interval, plain: Baselines, spent: Floats, customer: Codes) -> Measures:
    """Measure a forecast.

    Args:
        forecast: of n customers.
        plain: the baselines.
        spent: [n], the spending that followed.
        customer: [n], a code per customer, from 0.
    """
    error = np.abs(forecast.point - spent)
    error_last, error_mean = np.abs(plain.last - spent), np.abs(plain.mean - spent)
    is_covered = forecast.covers(spent).astype(np.float64)
    fifths = np.array_split(np.argsort(forecast.point, kind="stable"), LEVELS)
    return Measures(
        mae=float(error.mean()),
        mae_last=float(error_last.mean()),
        mae_mean=float(error_mean.mean()),
        ratio_last=evaluation.interval(_ratio(error, error_last), customer),
        ratio_mean=evaluation.interval(_ratio(error, error_mean), customer),
        coverage=evaluation.interval(_ratio(is_covered, np.ones(len(spent))), customer),
        coverage_by_level=tuple(float(is_covered[fifth].mean()) for fifth in fifths),
        width=float((forecast.high - forecast.low).mean() / spent.mean()),
        bias=float(forecast.point.sum() / spent.sum()),
    )


def _ratio(part: Floats, whole: Floats) -> Callable[[Floats | None], float]:
    def ratio(weight: Floats | None) -> float:
        weights = np.ones(len(part)) if weight is None else weight
        return float((weights @ part) / (weights @ whole))

    return ratio


def _bounds(interval: evaluation.Interval) -> list[float]:
    return [interval.value, interval.low, interval.high]
