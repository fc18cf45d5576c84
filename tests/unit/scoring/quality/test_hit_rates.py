"""A list of categories is a hit if its customer buys one of them; differences are paired."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from scoring.quality import categories, hit_rates
from scoring.quality.hit_rates import Purchases

#: The day numbers of 30 April and of 1 January 2017.
ORIGIN, FIRST = 17286, 17167


def test_the_most_frequent_categories_break_ties_by_popularity() -> None:
    counts = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 5.0, 4.0, 0.0]])

    lists = hit_rates.most_frequent(counts)

    assert lists.tolist() == [[1, 0, 2], [1, 2, 0]]


def test_the_most_popular_categories_are_those_of_the_own_segment() -> None:
    counts = np.array([[9.0, 2.0, 1.0, 0.0], [0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 9.0]])

    lists = hit_rates.most_popular(counts, np.array([0, 1, 1]))

    assert lists.tolist() == [[0, 1, 2], [3, 2, 1], [3, 2, 1]]


def test_an_empty_place_of_a_list_is_no_hit() -> None:
    bought = np.array([[True, False], [True, False], [False, False]])

    hits = hit_rates.hits(np.array([[1, -1, -1], [1, 0, -1], [0, 1, -1]]), bought)

    assert hits.tolist() == [0, 1, 0]


def test_the_bounds_of_equal_lists_are_zero_and_those_of_better_ones_above() -> None:
    generator = np.random.default_rng(3)
    lists = generator.integers(1, 4, 500).astype(float)
    better = lists * (generator.random(500) < 0.2)

    assert hit_rates.difference_bounds(np.zeros(500), lists, 0) == (0.0, 0.0, 0.0)
    value, low, high = hit_rates.difference_bounds(better, lists, 0)
    assert 0 < low < value < high
    assert value == pytest.approx(0.2, abs=0.05)


def test_no_list_and_no_baseline_knows_the_days_after_its_origin() -> None:
    sales = _sales()
    changed = _sales(later=3)

    lists = hit_rates.most_frequent(sales.purchases.counts(0, ORIGIN + 1))
    segments = hit_rates.segments_of(sales.purchases, ORIGIN + 1, 0)

    assert (
        lists.tolist() == hit_rates.most_frequent(changed.purchases.counts(0, ORIGIN + 1)).tolist()
    )
    assert segments.tolist() == hit_rates.segments_of(changed.purchases, ORIGIN + 1, 0).tolist()


def test_lists_that_know_the_future_beat_both_baselines() -> None:
    result = categories.measure(_sales(), [4])

    assert result.rates[categories.SERVED] == 1
    assert result.lists == 40
    assert result.lower > 0.5


def test_days_are_numbered_as_in_the_books() -> None:
    assert categories.day_number(datetime(2017, 4, 30, 23, tzinfo=UTC)) == ORIGIN


def _sales(later: int = 4) -> categories.Sales:
    """Return customers that buy categories 0 to 2 before the origin and another one after it."""
    customers = np.repeat(np.arange(40), 5)
    days = np.tile([FIRST, FIRST + 20, FIRST + 40, FIRST + 60, ORIGIN + 9], 40)
    chosen = np.tile([0, 1, 2, 0, later], 40)
    amounts = np.linspace(1, 9, 200)
    purchases = Purchases(customers, chosen, days, amounts, (40, 5))
    return categories.Sales(purchases, {ORIGIN: np.tile([later, 0, 1], (40, 1))})
