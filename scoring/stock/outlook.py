"""Tell how long the stock of products lasts. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats, Integers
from scoring.stock.exposure import Exposure


@dataclass(frozen=True, slots=True)
class Outlook:
    """The outlook of P products; each array is [P].

    Args:
        days_of_cover: expected days until the available pieces are sold, without deliveries; NaN
            where no demand is expected.
        run_out_probability: that demand exceeds the supply before the next order's successor
            arrives, if the next order is left out; deliveries under way count.
        unpreventable_probability: that demand exceeds the supply before the next order arrives.
        expected_lost: pieces that the period loses if the next order is left out.
        period_demand: expected pieces from the arrival of the next order to its successor's.
    """

    days_of_cover: Floats
    run_out_probability: Floats
    unpreventable_probability: Floats
    expected_lost: Floats
    period_demand: Floats


def outlook(means: Floats, available: Integers, exposure: Exposure) -> Outlook:
    """Return the outlook of products.

    Args:
        means: [P, T] expected pieces a day.
        available: [P] pieces that can be sold now.
        exposure: of the same products.
    """
    return Outlook(
        days_of_cover=days_of_cover(means, available),
        run_out_probability=exposure.run_out(),
        unpreventable_probability=(exposure.before > 0).mean(axis=1),
        expected_lost=exposure.lost(np.zeros(len(available), dtype=np.int64)),
        period_demand=exposure.cycle.mean(axis=1),
    )


def days_of_cover(means: Floats, available: Integers) -> Floats:
    """Return the days of expected demand that the available pieces meet: [P].

    After the last day of the means, each day has their mean. NaN where no demand is expected.
    """
    days = means.shape[1]
    total = np.cumsum(means, axis=1)
    whole = (total <= available[:, None]).sum(axis=1)
    row = np.arange(len(means))
    spent = np.where(whole > 0, total[row, np.maximum(whole - 1, 0)], 0.0)
    rate = np.where(whole < days, means[row, np.minimum(whole, days - 1)], means.mean(axis=1))
    left = available - spent
    cover: Floats = whole + np.divide(left, rate, out=np.full(len(rate), np.nan), where=rate > 0)
    return cover
