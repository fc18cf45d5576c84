"""Steadiness and freshness are measured over nights of the same customers."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.segments.stability import History, migration, moved_share


def history(*nights: list[int], nearest: list[list[int]] | None = None) -> History:
    """Return a history; without nearest centroids, each customer is in its nearest segment."""
    told = History()
    for night, near in zip(nights, nearest or nights, strict=True):
        told.add(np.array(night), np.array(near))
    return told


def test_new_and_lost_customers_do_not_move() -> None:
    nights = history([0, 0, 1, -1], [0, 1, 1, 1], [0, 1, -1, 1])

    assert nights.moved_shares().tolist() == [pytest.approx(1 / 3), 0.0]
    assert nights.night_rand()[1] == 1.0


def test_a_move_that_returns_within_fourteen_nights_is_flicker() -> None:
    back = [[0, 0]] + [[1, 1]] * 13 + [[0, 1]] * 14

    assert history(*back).flicker() == 0.5


def test_a_later_return_is_no_flicker() -> None:
    back = [[0]] + [[1]] * 15 + [[0]] * 14

    assert history(*back).flicker() == 0.0


def test_a_customer_left_behind_for_three_nights_is_stale() -> None:
    stale = history([0], [0], [0], [0], nearest=[[0], [1], [1], [1]])
    fresh = history([0], [0], [0], [1], nearest=[[0], [1], [1], [1]])

    assert stale.freshness() == 0.0
    assert fresh.freshness() == 1.0


def test_without_news_everything_is_fresh() -> None:
    assert history([0, 1], [0, 1]).freshness() == 1.0
    assert history([0, 1], [0, 1]).flicker() == 0.0


def test_a_migration_counts_every_customer_once() -> None:
    before, after = np.array([0, 0, 1, -1, 2]), np.array([0, 1, 1, 0, -1])

    matrix = migration(before, after)

    assert matrix.sum() == 5
    assert (matrix[0, 0], matrix[0, 1], matrix[1, 1], matrix[-1, 0], matrix[2, -1]) == (1,) * 5
    assert moved_share(matrix) == pytest.approx(1 / 3)
