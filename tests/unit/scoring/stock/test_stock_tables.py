"""Classes, cover, idle stock and verdicts of a budget, case by case."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.stock import budget, classes, dead_stock, order_days, transfers
from scoring.stock.exposure import Exposure
from scoring.stock.outlook import days_of_cover
from scoring.stock.service import newsvendor_ratio

NAN = np.nan


def test_products_of_the_first_80_percent_of_margin_are_a() -> None:
    value = np.array([5.0, 70.0, 15.0, 8.0, 2.0, NAN, -4.0])

    named = [classes.ABC[code] for code in classes.by_value(value)]

    assert named == ["B", "A", "A", "B", "C", "C", "C"]


def test_products_of_equal_value_share_a_class() -> None:
    assert len(set(classes.by_value(np.full(10, 3.0)).tolist())) == 1


def test_products_are_x_to_z_by_the_variation_of_their_weeks() -> None:
    weeks = np.array(
        [
            [5.0, 5, 6, 4],
            [1, 9, 1, 9],
            [0, 0, 0, 9],
            [0, 0, 0, 0],
            [NAN, NAN, NAN, 3],
            [4, NAN, 6, 5],
        ]
    )

    named = [classes.XYZ[code] for code in classes.by_steadiness(weeks)]

    assert named == ["X", "Y", "Z", "Z", "Z", "X"]


def test_a_class_has_a_name_and_its_fill_rate() -> None:
    value, steadiness = np.array([0, 2]), np.array([0, 2])

    assert classes.names(value, steadiness) == ["AX", "CZ"]
    assert classes.target(value, steadiness).level.tolist() == [0.98, 0.90]


def test_cover_counts_days_of_expected_demand() -> None:
    means = np.array([[2.0, 4.0], [2.0, 4.0], [2.0, 4.0], [0.0, 0.0], [2.0, 4.0]])
    available = np.array([1, 4, 12, 5, 0])

    cover = days_of_cover(means, available)

    assert cover[:3].tolist() == [0.5, 1.5, 4.0]
    assert np.isnan(cover[3])
    assert cover[4] == 0.0


def test_stock_that_has_not_sold_for_a_quarter_is_dead_unless_it_is_new() -> None:
    found = dead_stock.find(
        on_hand=np.array([10, 10, 10, 0, 900]),
        days_since_sale=np.array([91.0, 20.0, NAN, 200.0, 1.0]),
        age_days=np.array([300.0, 300.0, 30.0, 300.0, 300.0]),
        mean_per_day=np.array([0.0, 1.0, 0.0, 0.0, 1.0]),
        unit_cost=np.array([2.0, 2.0, 2.0, 2.0, NAN]),
    )

    assert found.is_dead.tolist() == [True, False, False, False, False]
    assert found.excess.tolist() == [10, 0, 0, 0, 900 - 364]
    assert found.value[:4].tolist() == [20.0, 0.0, 0.0, 0.0]
    assert np.isnan(found.value[4])


def test_a_budget_pays_the_orders_that_save_most_margin_per_money() -> None:
    quantity = np.array([5, 5, 5, 0, 5])
    margin = np.array([10.0, 30.0, 12.0, 0.0, 99.0])
    cost = np.array([10.0, 10.0, 4.0, 0.0, NAN])

    limited = budget.verdicts(quantity, margin, cost, 15.0)
    unlimited = budget.verdicts(quantity, margin, cost, None)

    assert limited.tolist() == [
        "over_budget",
        "proposed",
        "proposed",
        "not_needed",
        "unknown_cost",
    ]
    assert unlimited.tolist() == ["proposed"] * 3 + ["not_needed", "proposed"]


def test_a_piece_whose_loss_costs_nine_times_its_holding_is_kept_for_nine_of_ten_cycles() -> None:
    ratio = newsvendor_ratio(np.array([9.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0]))

    assert ratio[:2].tolist() == [0.9, 0.0]
    assert np.isnan(ratio[2])


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon thu", [0, 3]),
        ("Friday, tue", [1, 4]),
        ("", range(7)),
        (None, range(7)),
        ("soon", range(7)),
    ],
)
def test_order_days_are_read_from_text(text: str | None, days: list[int]) -> None:
    assert np.flatnonzero(order_days.read([text])[0]).tolist() == list(days)


def test_a_channel_gives_pieces_that_it_does_not_need_until_the_delivery_after_the_next() -> None:
    before = np.arange(1, 11)[None, :]  # pieces short before the next delivery, on ten paths
    channel = Exposure(before, before + 20, before)

    low, high = transfers.needs(channel, low=0.9, high=1.0)
    moves = transfers.propose(np.array([[34, 5]]), np.tile(low, (1, 2)), np.tile(high, (1, 2)))

    assert (low.tolist(), high.tolist()) == ([9], [30])
    assert (moves.source.tolist(), moves.target.tolist()) == ([0], [1])
    assert moves.quantity.tolist() == [4]
