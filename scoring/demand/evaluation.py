"""Measure forecasts of demand; each column has its own measure. Pure.

The median minimises the absolute error, so WAPE measures it. The mean is measured by its bias and
by the root mean squared scaled error (Hyndman and Koehler 2006), the quantiles by the pinball loss
and by coverage. All arrays have one shape, and cells with NaN units do not count.
"""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Floats
from scoring.demand.past import Past

_LEAST_MEAN = 1e-3


def wape(forecast: Floats, units: Floats) -> float:
    """Return the sum of absolute errors over the sum of units."""
    return _share(np.nansum(np.abs(forecast - units)), np.nansum(units))


def bias(forecast: Floats, units: Floats) -> float:
    """Return the sum of errors over the sum of units; above 0 the forecast is too high."""
    return _share(np.nansum(forecast - units), np.nansum(units))


def rmsse(forecast: Floats, units: Floats, variance: Floats) -> float:
    """Return the root mean squared error of sums over the periods ahead, scaled by a naive one.

    A mean is added up over days, and in a sum the chance of single days hides less of its error.

    Args:
        forecast: [n, steps].
        units: [n, steps].
        variance: [n] of the units of a period; a naive forecast of a period errs by twice of it.
    """
    error = forecast - units
    periods = np.count_nonzero(~np.isnan(error), axis=1)
    rows = periods > 0
    squares = np.nansum(error[rows], axis=1) ** 2 / (2.0 * variance[rows] * periods[rows])
    return float(np.sqrt(squares.mean())) if rows.any() else float("nan")


def mean_loss(forecast: Floats, units: Floats, variance: Floats) -> float:
    """Return the loss of a mean: the scaled error plus the absolute bias."""
    return rmsse(forecast, units, variance) + abs(bias(forecast, units))


def pinball(forecast: Floats, units: Floats, share: float) -> float:
    """Return the sum of the pinball loss of a quantile over the sum of units."""
    error = units - forecast
    return _share(np.nansum(np.maximum(share * error, (share - 1.0) * error)), np.nansum(units))


def coverage(low: Floats, high: Floats, units: Floats) -> float:
    """Return the share of cells whose units lie within an interval."""
    is_known = ~np.isnan(units)
    return _share(((units >= low) & (units <= high))[is_known].sum(), is_known.sum())


def variances(past: Past) -> Floats:
    """Return the variance of the units of a period of the last year: [n], above 0."""
    chance = 1.0 / np.maximum(np.nan_to_num(past["adi_364"], nan=1.0), 1.0)
    mean = np.nan_to_num(past["units_364"])
    size = mean / chance
    square = chance * size**2 * (1.0 + np.nan_to_num(past["cv2_364"]))
    # an even series has no variance, and a piece is the least unit
    return np.maximum(square - mean**2, np.maximum(0.1 * mean, 0.01))


def unevenness(past: Past) -> Floats:
    """Return the variance of the units of a period over their mean: [n].

    It is at least 1, that of pieces that come one by one.
    """
    ratio: Floats = variances(past) / np.maximum(np.nan_to_num(past["units_364"]), _LEAST_MEAN)
    return np.maximum(ratio, 1.0)


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")
