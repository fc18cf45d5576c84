"""The views of stock show the newest plan: amounts add up, and orders are ranked by their worth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from scoring.stock import budget
from tests.conftest import Db
from tests.integration.merchants.logins import as_login
from tests.integration.merchants.shop import NIGHT
from tests.integration.merchants.store import HOSTILE, LOGINS, ORDERS


def of_shop(db: Db, view: str, columns: str, product: str) -> tuple[Any, ...]:
    """Return the columns of the only row of a product."""
    (row,) = db.rows(
        f"select {columns} from serving.{view} where merchant_id = 'shop' and product_id = %s",
        product,
    )
    return row


def test_the_outlook_has_each_product_of_the_newest_night_once(store: Db) -> None:
    rows = store.rows(
        "select merchant_id, product_id, day_at from serving.stock_outlook "
        "where merchant_id = 'shop' order by product_id"
    )

    names = {row["product_id"] for row in ORDERS} | {"restated", "no forecast", "moved", "idle"}
    assert sorted(product for _, product, _ in rows) == sorted(names)
    assert {night for *_, night in rows} == {NIGHT}


def test_the_newest_revision_of_a_plan_is_shown(store: Db) -> None:
    assert of_shop(store, "stock_outlook", "available, decision_id", "restated") == (
        99.0,
        "stock/shop/restated/2026-03-31/1",
    )
    orders = store.rows("select * from serving.order_proposals where product_id = 'restated'")
    assert orders == []


def test_amounts_are_pieces_times_cost_or_margin(store: Db) -> None:
    amounts = "stock_cost, expected_lost_margin, excess_cost, expiring_cost"

    assert of_shop(store, "stock_outlook", amounts, "idle") == tuple(
        map(Decimal, ("60.00", "4.00", "60.00", "7.50"))
    )
    assert of_shop(store, "stock_outlook", amounts, "without cost") == (None,) * 4


def test_expected_units_are_sums_over_the_days_ahead(store: Db) -> None:
    sums = "expected_units_7d, expected_units_28d"

    assert of_shop(store, "stock_outlook", sums, "idle") == (21.0, 378.0)
    assert of_shop(store, "stock_outlook", sums, "no forecast") == (None, None)


def test_a_product_without_a_plan_keeps_its_stock_and_gets_no_order(store: Db) -> None:
    columns = "stock_status, is_degraded, on_hand, available, run_out_probability, order_units"

    assert of_shop(store, "stock_outlook", columns, "no forecast") == (
        *("no_forecast", True, 20.0, 17.0),
        *(None, None),
    )
    orders = store.rows("select * from serving.order_proposals where product_id = 'no forecast'")
    assert orders == []


def test_the_order_day_counts_from_the_day_after_the_night(store: Db) -> None:
    assert of_shop(store, "stock_outlook", "order_day", "usual") == (date(2026, 4, 1),)
    assert of_shop(store, "stock_outlook", "order_day", "moved") == (date(2026, 4, 4),)


def test_orders_are_ranked_by_saved_margin_per_money(store: Db) -> None:
    rows = store.rows(
        "select product_id, order_cost, saved_margin, priority_rank, cost_until_here "
        "from serving.order_proposals where merchant_id = 'shop' order by priority_rank"
    )

    assert rows == [
        ("free", Decimal("0.00"), Decimal("3.00"), 1, Decimal("0.00")),
        ("best", Decimal("9.00"), Decimal("3.00"), 2, Decimal("9.00")),
        ("usual", Decimal("18.00"), Decimal("3.00"), 3, Decimal("27.00")),
        ("without margin", Decimal("3.00"), None, 4, Decimal("30.00")),
        ("without cost", None, None, None, None),
    ]


def test_a_budget_of_the_cost_until_an_order_pays_all_orders_until_there(store: Db) -> None:
    rows = store.rows(
        "select (order_cost * 100)::int, saved_margin::float8, (cost_until_here * 100)::int "
        "from serving.order_proposals where merchant_id = 'big' order by priority_rank"
    )
    cost, margin, until = (np.array(column, dtype=float) for column in zip(*rows, strict=True))

    assert len(rows) > 40
    for place, money in enumerate(until):
        taken = budget.chosen(margin, cost, money)
        assert taken[: place + 1].all()
        assert cost[taken].sum() <= money


def test_an_order_is_its_need_and_the_overshoot_of_its_packs(store: Db) -> None:
    columns = "order_units, order_need, order_overshoot, pack_units, lead_time_days"

    assert of_shop(store, "order_proposals", columns, "usual") == (6.0, 5.0, 1.0, 6.0, 7.0)


def test_each_transfer_of_a_plan_is_a_row(store: Db) -> None:
    rows = store.rows(
        "select product_id, from_location, to_location, units from serving.transfer_proposals "
        "where merchant_id = 'shop' order by units desc"
    )

    assert rows == [("moved", "north", "web", 4.0), ("moved", "south", "web", 1.0)]


def test_a_discrepancy_has_the_cost_of_its_pieces(store: Db) -> None:
    columns = "location, kind, size, size_cost, category, age_days, day_at"

    assert of_shop(store, "stock_discrepancies", columns, "usual") == (
        *("web", "count_gap", -3.0, Decimal("-9.00"), "tea", 0.5),
        NIGHT,
    )


@pytest.mark.parametrize(
    "view", ["stock_outlook", "order_proposals", "transfer_proposals", "stock_discrepancies"]
)
def test_a_merchant_with_a_hostile_name_sees_its_own_rows_unchanged(store: Db, view: str) -> None:
    query = f"select merchant_id, product_id from serving.{view}"
    seen = {merchant: as_login(store, login, query) for merchant, login in LOGINS.items()}

    assert {merchant for merchant, _ in seen["shop"]} == {"shop"}
    assert seen[HOSTILE[0]] == [HOSTILE]


def test_the_rank_of_an_order_does_not_depend_on_other_merchants(store: Db) -> None:
    first = store.rows(
        "select merchant_id, count(*) from serving.order_proposals where priority_rank = 1 "
        "group by 1 order by 1"
    )

    assert first == [("big", 1), ("shop", 1), (HOSTILE[0], 1)]
