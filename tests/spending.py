"""Make card customers with known habits, for the tests of forecasts of spending."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scoring.spending.past import Past
from scoring.spending.quality.day_book import DayBook

DAYS = 180


def a_day_book(customers: int = 400, days: int = DAYS, seed: int = 3) -> DayBook:
    """Return customers who buy at a rate and for amounts of their own, with rare large amounts."""
    draw = np.random.default_rng(seed)
    rate = draw.gamma(2.0, 0.4, (customers, 1))
    usual = draw.lognormal(3.5, 0.5, (customers, 1))
    purchases = draw.poisson(rate, (customers, days)).astype(float)
    noise = draw.lognormal(0.0, 0.4, purchases.shape) * np.where(
        draw.random(purchases.shape) < 0.01, 8.0, 1.0
    )
    return DayBook(purchases * usual * noise, purchases)


def matrix_of(past: Past) -> NDArray[np.float64]:
    """Return the feature rows of a past, in the order of the model's columns."""
    return np.column_stack(
        [
            past.purchases_month,
            past.purchases,
            past.mean,
            past.usual,
            past.tenure - 1,
            past.recency,
            past.observed,
        ]
    )


BOOK = a_day_book()
