"""A day book describes customers by the days of their look-back."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.spending.quality.day_book import DayBook


def test_purchases_add_up_by_customer_and_day() -> None:
    book = DayBook.of(np.array([0, 0, 1]), np.array([2, 2, 0]), np.array([5.0, 7.0, 1.0]))

    assert book.spent.tolist() == [[0, 0, 12], [1, 0, 0]]
    assert book.purchases.tolist() == [[0, 0, 2], [1, 0, 0]]


def test_the_past_of_a_customer_ends_with_its_night() -> None:
    book = DayBook.of(
        np.zeros(5, np.int64), np.array([1, 3, 3, 40, 50]), np.array([10.0, 20, 40, 6, 1000])
    )

    past = book.past(45, book.active(45))

    assert past.purchases.tolist() == [4]
    assert past.purchases_month.tolist() == [1]
    assert past.mean.tolist() == [19]
    assert past.usual.tolist() == [10]
    assert (past.tenure.item(), past.recency.item(), past.observed.item()) == (45, 5, 46)


def test_an_inactive_customer_leaves_after_90_days() -> None:
    book = DayBook.of(np.array([0, 1]), np.array([0, 89]), np.array([1.0, 1.0]))

    assert book.active(89).tolist() == [0, 1]
    assert DayBook(book.spent, book.purchases).active(90).tolist() == [1]


def test_the_plain_rules_scale_the_known_days_to_the_horizon() -> None:
    book = DayBook(np.full((1, 80), 2.0), np.ones((1, 80)))

    plain = book.baselines(9, 30, np.array([0]))

    assert plain.last.tolist() == plain.mean.tolist() == [60]
    assert book.next(49, 30, np.array([0])) == pytest.approx(60)
