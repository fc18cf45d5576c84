"""Hold forecasts of generated demand against the truth, class by class. Pure."""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Flags, Floats
from scoring.demand import evaluation
from scoring.demand.distribution import SHARES
from scoring.demand.quality.worlds import Truth
from scoring.quality.checks import Check

#: The most error of the mean; other groups only inform.
MOST_ERROR = {
    "smooth": 0.15,
    "erratic": 0.15,
    "seasonal": 0.15,
    "promoted": 0.15,
    "intermittent": 0.25,
}
STOCKED_OUT = "stocked_out"
MOST_STOCKOUT_BIAS = 0.05
#: From this expectation on the interval can be exact; below it whole pieces make it wider.
MANY = 5.0
COVERAGE = (0.75, 0.85)
LEAST_BELOW_HIGH = 0.88
#: Fewer cells show no coverage.
LEAST_CELLS = 500
NAME = "demand.synthetic"


def checks(truth: Truth) -> list[Check]:
    """Return the measures of each class with its bars."""
    found: list[Check] = []
    for group, is_of in truth.groups.items():
        found += _of_group(truth, group, is_of)
    rows = truth.groups[STOCKED_OUT]
    bias = evaluation.bias(truth.forecast.mean_units[rows], truth.expected[rows])
    bar = (-MOST_STOCKOUT_BIAS, MOST_STOCKOUT_BIAS)
    return [*found, Check(f"{NAME}.stockout_bias", bias, bar)]


def biases(truth: Truth) -> dict[str, float]:
    """Return the bias of the mean against the true expectation, by class and kind."""
    return {
        group: evaluation.bias(truth.forecast.mean_units[rows], truth.expected[rows])
        for group, rows in truth.groups.items()
    }


def _of_group(truth: Truth, group: str, rows: Flags) -> list[Check]:
    forecast, expected, demand = truth.forecast, truth.expected[rows], truth.demand[rows]
    low, high = forecast.low_units[rows], forecast.high_units[rows]
    error = evaluation.wape(forecast.mean_units[rows], expected)
    most = MOST_ERROR.get(group)
    found = [
        Check(f"{NAME}.{group}.mean_error", error, None if most is None else (0.0, most)),
        Check(f"{NAME}.{group}.pinball_ratio", _pinball_ratio(truth, rows), (0.0, 1.0)),
    ]
    for is_many, name, bar in (
        (True, "coverage_80", COVERAGE),
        (False, "below_high", (LEAST_BELOW_HIGH, 1.0)),
    ):
        cells = (expected >= MANY) == is_many
        cells &= ~np.isnan(expected)
        if np.count_nonzero(cells) >= LEAST_CELLS:
            least = low if is_many else np.zeros_like(low)
            share = evaluation.coverage(least[cells], high[cells], demand[cells])
            found.append(Check(f"{NAME}.{group}.{name}", share, bar))
    return found


def _pinball_ratio(truth: Truth, rows: Flags) -> float:
    """Return the loss of the three quantiles over that of the quantiles of the last eight weeks."""
    forecast, demand = truth.forecast, truth.demand[rows]
    served = (forecast.low_units, forecast.median_units, forecast.high_units)
    plain = [np.nan_to_num(truth.past[name])[rows] for name in ("low_56", "median_56", "high_56")]
    ours = _loss([part[rows] for part in served], demand)
    return ours / _loss([np.broadcast_to(part[:, None], demand.shape) for part in plain], demand)


def _loss(quantiles: list[Floats], demand: Floats) -> float:
    return sum(
        evaluation.pinball(quantile, demand, share)
        for quantile, share in zip(quantiles, SHARES, strict=True)
    )
