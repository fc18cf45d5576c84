"""Merchants deliver sales and products; the truth of each order is known, and no feed has it."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.platform.errors import ConfigurationError
from tests.unit.features.synthesize.worlds import START, TRANSACTIONS, Delivered, a_plan, deliver

SALES = "landing/synthetic/sales/"
PRODUCTS = "landing/synthetic/products/"
SHOPS: dict[str, Any] = {"customers": 300, "sellers": 2, "sales_days": 200}


@pytest.fixture(scope="module")
def market() -> Delivered:
    """Synthesize two merchants with 210 days of sales."""
    return deliver(a_plan(**SHOPS))


@pytest.fixture(scope="module")
def sales(market: Delivered) -> pd.DataFrame:
    """Return the delivered lines, with cents and the direction of each event."""
    lines = market.feed(SALES)
    cents = lines.quantity.astype(int) * lines.unit_price.astype(float) * 100
    lines["cents"] = np.rint(cents - lines.discount.astype(float) * 100).astype(int)
    lines["sign"] = np.where(lines.event == "sale", 1, -1)
    return lines


def _truth(market: Delivered, name: str) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(market.objects[f"truth/synthetic/{name}.parquet"]))


def test_a_plan_without_merchants_delivers_no_sales() -> None:
    names = deliver(a_plan()).objects

    assert not [name for name in names if "sales" in name or "shoppers" in name]


def test_a_longer_run_begins_with_the_same_sales(market: Delivered) -> None:
    longer = deliver(a_plan(**SHOPS, end=market.plan.end + timedelta(hours=3)))

    for name in market.names(SALES + "history/"):
        assert longer.objects[name] == market.objects[name]
    name = market.names(TRANSACTIONS)[0]
    assert longer.objects[name] == market.objects[name]


def test_sales_reach_back_further_than_card_transactions(
    market: Delivered, sales: pd.DataFrame
) -> None:
    assert pd.to_datetime(sales.occurred_at).min() < START - timedelta(days=199)
    assert pd.to_datetime(market.feed(TRANSACTIONS).timestamp).min() >= START


def test_a_line_is_delivered_once_and_has_a_product_or_is_postage(
    market: Delivered, sales: pd.DataFrame
) -> None:
    goods = sales[sales.is_merchandise == "true"]
    known = market.feed(PRODUCTS)[["merchant_id", "product_id"]]

    assert not sales.duplicated(["merchant_id", "order_id", "line_no"]).any()
    assert len(goods.merge(known)) == len(goods)
    assert set(sales.product_id[sales.is_merchandise == "false"]) == {"POST"}
    assert (sales.cents > 0).all()


def test_cards_of_the_bank_pay_each_order_of_their_holders(
    market: Delivered, sales: pd.DataFrame
) -> None:
    """Customer, merchant, moment and amount are the same on both sides."""
    orders = _truth(market, "orders")
    paid = orders[orders.is_paid_by_our_card].copy()
    paid["timestamp"] = paid.occurred_at.dt.strftime("%Y-%m-%dT%H:%M:%S.%f").str[:23] + "Z"
    cards = market.feed(TRANSACTIONS)
    cards = cards[cards.merchant_id.isin(set(orders.merchant_id))]

    both = cards.merge(paid, on=["customer_id", "merchant_id", "timestamp"])

    assert len(both) == len(cards) == len(paid) > 100
    assert (np.rint(both.amount.astype(float) * 100) == both.amount_minor).all()
    names = {"sale": "purchase", "return": "refund", "cancellation": "reversal"}
    assert (both.kind == both.event.map(names)).all()
    assert set(both.currency) == {"USD"}


def test_orders_of_the_truth_are_those_of_the_feed(market: Delivered, sales: pd.DataFrame) -> None:
    orders = _truth(market, "orders").set_index("order_id")
    delivered = sales.groupby("order_id").cents.sum()

    assert (orders.amount_minor == delivered.reindex(orders.index)).all()
    guests = set(sales.order_id[sales.customer_id == ""])
    assert set(orders.index[~orders.is_named]) == guests
    assert 0.02 < len(guests) / len(orders) < 0.3


def test_a_customer_buys_only_in_the_lifetime_of_the_truth(market: Delivered) -> None:
    people = _truth(market, "shoppers")
    bought = _truth(market, "orders").merge(people, on=["merchant_id", "customer_id"])
    day = bought.occurred_at.dt.date

    assert set(people.customer_type) == {
        "loyal", "regular", "bargain_hunter", "seasonal", "trier"
    }  # fmt: skip
    assert (day >= bought.first_day).all()
    assert (day[bought.event == "sale"] < bought.gone_on[bought.event == "sale"]).all()


def test_loyal_customers_buy_more_often_than_triers(market: Delivered) -> None:
    people = _truth(market, "shoppers").set_index(["merchant_id", "customer_id"])
    bought = _truth(market, "orders").query("event == 'sale'")
    counts = bought.groupby(["merchant_id", "customer_id"]).size().to_frame("orders").join(people)

    by_type = counts.groupby("customer_type").orders.mean()

    assert by_type["loyal"] > 2 * by_type["regular"] > 4 * by_type["trier"] / 2


def test_a_customer_prefers_the_categories_of_the_truth(
    market: Delivered, sales: pd.DataFrame
) -> None:
    people = _truth(market, "shoppers")
    favourite = [
        names[int(shares.argmax())]
        for names, shares in zip(people.categories, people.category_shares, strict=True)
    ]
    people = people.assign(favourite=favourite)[["merchant_id", "customer_id", "favourite"]]
    lines = sales[(sales.category != "") & (sales.discount == "0.00")].merge(people)

    assert 0.35 < (lines.category == lines.favourite).mean() < 0.75


def test_promoted_departments_have_the_discount_of_the_truth(
    market: Delivered, sales: pd.DataFrame
) -> None:
    goods = market.feed(PRODUCTS)[["merchant_id", "product_id", "department"]]
    lines = sales[sales.event == "sale"].merge(goods)
    lines["day"] = pd.to_datetime(lines.occurred_at).dt.date
    promoted = lines.merge(_truth(market, "promotions"), on=["merchant_id", "department"])
    promoted = promoted[(promoted.day >= promoted.first_day) & (promoted.day < promoted.end_day)]

    gross = promoted.quantity.astype(int) * promoted.unit_price.astype(float)
    rate = promoted["discount_x"].astype(float) / gross

    assert len(promoted) > 100
    assert (abs(rate - promoted["discount_y"]) < 0.01 + 0.01 / gross).all()


def test_returns_and_cancellations_take_back_lines_of_an_earlier_order(
    market: Delivered, sales: pd.DataFrame
) -> None:
    orders = _truth(market, "orders")[["order_id", "of_order"]]
    lines = sales.merge(orders, on="order_id")
    sold = lines[lines.event == "sale"]
    undone = lines[lines.event != "sale"].merge(
        sold, left_on=["of_order", "line_no"], right_on=["order_id", "line_no"]
    )

    assert len(undone) == (lines.event != "sale").sum() > 50
    assert (undone.occurred_at_x > undone.occurred_at_y).all()
    for same in ("product_id", "quantity", "unit_price", "discount", "customer_id"):
        assert (undone[f"{same}_x"] == undone[f"{same}_y"]).all()


@pytest.mark.parametrize(
    "wrong", [{"sellers": -1}, {"sales_days": -1}, {"shopper_share": 0.0}, {"shopper_share": 1.5}]
)
def test_a_plan_of_impossible_merchants_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        a_plan(**wrong)
