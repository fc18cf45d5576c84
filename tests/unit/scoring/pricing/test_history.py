"""A history knows which days teach, and which price is the regular one."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.pricing.history import TRAILING_DAYS, History

NONE = np.zeros((1, 100), dtype=np.bool_)
CODE = np.zeros(1, dtype=np.int64)


def a_series(units: np.ndarray, price: np.ndarray, promoted: np.ndarray = NONE) -> History:
    return History(units, price, promoted, CODE, CODE, CODE)


def test_a_series_lives_from_its_first_sale_to_four_weeks_after_its_last_sale() -> None:
    units = np.zeros((1, 100))
    units[0, [10, 40]] = 2

    live = a_series(units, np.ones((1, 100))).is_live[0]

    assert np.flatnonzero(live).tolist() == list(range(10, 40 + TRAILING_DAYS + 1))


def test_a_series_without_a_sale_never_lives() -> None:
    history = a_series(np.zeros((1, 100)), np.ones((1, 100)))

    assert not history.is_live.any()
    assert not history.teaches.any()


def test_a_day_without_stock_is_missing_and_does_not_teach() -> None:
    units = np.ones((1, 100))
    units[0, 50] = np.nan

    assert np.flatnonzero(~a_series(units, np.ones((1, 100))).is_observed[0]).tolist() == [50]


def test_the_regular_price_of_a_promoted_day_is_the_newest_price_outside_promotions() -> None:
    price, promoted = np.full((1, 100), 4.0), NONE.copy()
    price[0, 30:] = 5.0
    price[0, 40:47], promoted[0, 40:47] = 3.0, True
    promoted[0, 0] = True

    history = a_series(np.ones((1, 100)), price, promoted)

    assert np.exp(history.log_regular_price[0, [0, 29, 43, 50]]) == pytest.approx([4, 4, 5, 5])
    assert np.exp(history.depth[0, [39, 43, 47]]) == pytest.approx([1.0, 0.6, 1.0])


def test_a_promoted_day_of_unknown_price_does_not_teach() -> None:
    price, promoted = np.full((1, 100), 4.0), NONE.copy()
    promoted[0, 40:47], price[0, 42] = True, np.nan

    history = a_series(np.ones((1, 100)), price, promoted)

    assert np.flatnonzero(~history.is_observed[0]).tolist() == [42]


def test_negative_pieces_and_matrices_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        a_series(np.full((1, 100), -1.0), np.ones((1, 100)))
    with pytest.raises(ValueError, match="one shape"):
        a_series(np.ones((1, 99)), np.ones((1, 100)))
    with pytest.raises(ValueError, match="one code per series"):
        History(np.ones((2, 100)), np.ones((2, 100)), np.zeros((2, 100), bool), CODE, CODE, CODE)
