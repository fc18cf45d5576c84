"""The files of the stores agree with each other, with the world, and with the truth beside them."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.synthesize.calendar import DAY_MS, HOUR_MS, epoch_ms
from features.synthesize.stores import lines, world
from features.synthesize.stores.clock import moment_of
from features.synthesize.stores.world import World
from tests.unit.features.synthesize.worlds import Delivered, a_plan, deliver, window_of

FEEDS = (
    *("products", "sales", "promotions"),
    *("purchase_orders", "stock_movements", "stock_levels"),
)
SHOP: dict[str, Any] = {"customers": 50, "stores": 1, "store_products": 40, "sales_days": 120}
_HOURLY = a_plan().live_from + timedelta(days=9)
LIVE: dict[str, Any] = {"hourly_from": _HOURLY, "end": _HOURLY + timedelta(hours=6)}
POOL = ["product_id", "location"]


@pytest.fixture(scope="module")
def shop() -> Delivered:
    """Synthesize one store with 130 days of history and nine live days."""
    return deliver(a_plan(**SHOP, **LIVE))


@pytest.fixture(scope="module")
def made(shop: Delivered) -> World:
    """Make the world of the same plan."""
    return world.make(shop.plan)


def _feed(shop: Delivered, name: str) -> pd.DataFrame:
    return shop.feed(f"landing/synthetic/{name}/")


def _truth(shop: Delivered, name: str) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(shop.objects[f"truth/synthetic/{name}.parquet"]))


def _movements(shop: Delivered) -> pd.DataFrame:
    """Return one row per change of a pool: a transfer changes two pools."""
    rows = _feed(shop, "stock_movements")
    rows["pieces"] = rows.quantity.astype(int)
    rows.loc[rows.movement != "receipt", "pieces"] *= -1
    came = rows[rows.movement == "transfer"].copy()
    came["location"], came["pieces"] = came.to_location, -came.pieces
    rows = pd.concat([rows, came])
    rows["at"] = pd.to_datetime(rows.occurred_at)
    return rows


def test_a_plan_without_stores_writes_the_bytes_that_it_wrote_before_stores_existed() -> None:
    plan = a_plan(
        customers=120, sellers=2, sales_days=60, credit_history=50, applications_per_day=3.0
    )
    written = deliver(plan)
    digest = hashlib.sha256()
    for name in written.names("landing/"):
        digest.update(name.encode())
        digest.update(written.objects[name])

    assert digest.hexdigest() == "17899c88a2b379728df022f8f08818ec604c072b40f1b1eb9242602e13f7218a"


def test_the_same_plan_writes_the_same_bytes(shop: Delivered) -> None:
    assert deliver(shop.plan).objects == shop.objects


def test_a_longer_run_begins_with_the_same_files(shop: Delivered) -> None:
    longer = deliver(a_plan(**SHOP, **LIVE | {"end": shop.plan.end + timedelta(days=2)}))
    last_midnight = shop.plan.end.replace(hour=0)

    for feed in FEEDS:
        names = shop.names(f"landing/synthetic/{feed}/")
        whole = [name for name in names if window_of(name)[1] <= last_midnight]
        assert whole
        for name in whole:
            assert longer.objects[name] == shop.objects[name], name


def test_every_feed_has_history_and_live_files_and_no_key_occurs_twice_in_a_file(
    shop: Delivered,
) -> None:
    for feed, key in {
        "sales": ["merchant_id", "order_id", "line_no"],
        "promotions": ["promotion_id"],
        "purchase_orders": ["purchase_order_id"],
        "stock_movements": ["stock_movement_id"],
        "stock_levels": ["stock_level_id"],
    }.items():
        rows = _feed(shop, feed)
        assert rows.file.str.contains("/history/").any(), feed
        assert not rows.file.str.contains("/history/").all(), feed
        assert not rows.duplicated([*key, "file"]).any(), feed
        if feed != "purchase_orders":
            assert not rows.duplicated(key).any(), feed


def test_counts_of_a_run_are_those_of_its_files(shop: Delivered) -> None:
    counts = shop.counts.as_dict()

    for feed in ("promotions", "purchase_orders", "stock_movements", "stock_levels"):
        assert counts[feed] == len(_feed(shop, feed)), feed
    assert counts["sale_lines"] == len(_feed(shop, "sales"))


def test_lines_add_up_to_the_units_of_the_world(shop: Delivered, made: World) -> None:
    """The last day is a part of a day, so it is left out."""
    sales = _feed(shop, "sales")
    sales["units"] = sales.quantity.astype(int)
    sales["day"] = sales.occurred_at.str[:10]
    sales = sales[sales.day < shop.plan.end.date().isoformat()]

    truth = _truth(shop, "demand")
    truth["day"] = truth.day.astype(str)
    truth = truth[truth.day < shop.plan.end.date().isoformat()]
    units = sales.groupby(["product_id", "channel", "day"]).units.sum()

    assert units.sum() == made.units[:, :-1].sum()
    both = truth.set_index(["product_id", "channel", "day"]).join(units)
    assert both.units.notna().sum() == len(units)
    assert set(sales.customer_id) == {""}
    assert both.units[both.stock_share == 0].isna().all()


def test_no_sale_has_a_moment_without_stock(shop: Delivered) -> None:
    """Opening counts and movements give the stock after each movement."""
    moves = _movements(shop)
    counted = _feed(shop, "stock_levels")
    counted["pieces"] = counted.on_hand.astype(int)
    counted["at"] = pd.to_datetime(counted.counted_at)
    first = counted[counted["at"] == counted["at"].min()]
    found = _truth(shop, "stock_differences")
    found["at"] = pd.to_datetime(found.day, utc=True) + timedelta(hours=23, minutes=59)
    steps = pd.concat([part[[*POOL, "at", "pieces"]] for part in (first, moves, found)])
    steps = steps[steps["at"] < shop.plan.end].sort_values("at", kind="stable")

    stock = steps.groupby(POOL).pieces.cumsum()

    assert len(stock) > 10_000
    assert stock.min() == 0


def test_a_count_differs_from_the_movements_only_by_the_differences_of_the_truth(
    shop: Delivered,
) -> None:
    moves = _movements(shop)
    found = _truth(shop, "stock_differences")
    found["at"] = pd.to_datetime(found.day, utc=True) + timedelta(hours=23, minutes=59)
    counted = _feed(shop, "stock_levels")
    counted["pieces"] = counted.on_hand.astype(int)
    counted["at"] = pd.to_datetime(counted.counted_at)
    counts = counted.groupby([*POOL, "at"], as_index=False).pieces.sum()
    first = counts["at"].min()
    changes = pd.concat([
        counts[counts["at"] == first],
        moves[["at", "pieces", *POOL]],
        found[["at", "pieces", *POOL]],
    ])  # fmt: skip

    last = counts["at"].max()
    expected = changes[changes["at"] < last].groupby(POOL).pieces.sum()
    measured = counts[counts["at"] == last].set_index(POOL).pieces
    first_row = changes[changes["at"] == last]
    assert first_row.empty or last == first

    assert (expected.reindex(measured.index) == measured).all()
    assert 3 < len(found) < 0.05 * 140 * 80
    assert {1, -1} == set(np.sign(found.pieces))


def test_the_last_sale_of_a_day_is_at_the_moment_at_which_the_stock_runs_out(made: World) -> None:
    start, end = (epoch_ms(moment) for moment in (made.plan.sales_start, made.plan.end))
    sold = lines.concatenate(list(lines.within(made, start, end)))
    pool = made.pools.of_series[sold.series]
    last = np.zeros(made.sold.noon.shape, np.int64)
    np.maximum.at(last, (sold.day, pool), sold.at)
    runs_out = (made.sold.noon == 1) & (made.sold.morning_end < 1) & (made.stock.morning > 0)
    runs_out[-1] = False  # the world ends within its last day
    midnight = made.days.numbers[:, None] * DAY_MS

    assert runs_out.sum() > 50
    assert (last == midnight + moment_of(made.sold.morning_end))[runs_out].all()


def test_any_cut_of_the_time_gives_the_same_lines(made: World) -> None:
    start, end = (epoch_ms(moment) for moment in (made.plan.sales_start, made.plan.end))
    middle = start + 40 * DAY_MS + 13 * HOUR_MS

    whole = lines.concatenate(list(lines.within(made, start, end)))
    parts = [*lines.within(made, start, middle), *lines.within(made, middle, end)]
    cut = lines.concatenate(parts)

    assert len(parts[0]) > 0
    assert (whole.at == cut.at).all()
    assert (whole.series == cut.series).all()
    assert (whole.quantity == cut.quantity).all()


def test_movements_have_one_row_for_each_line_and_each_receipt(shop: Delivered) -> None:
    moves, sales = _feed(shop, "stock_movements"), _feed(shop, "sales")
    orders = _feed(shop, "purchase_orders")
    received = orders[orders.received_at != ""]

    assert set(moves.movement) == {"sale", "receipt", "transfer", "write_off"}
    sold = moves[moves.movement == "sale"]
    assert sorted(sold.occurred_at + sold.product_id) == sorted(
        sales.occurred_at + sales.product_id
    )
    receipts = moves[moves.movement == "receipt"]
    columns = ["product_id", "location", "quantity", "occurred_at"]
    matched = receipts.merge(
        received, left_on=columns, right_on=["product_id", "destination", "quantity", "received_at"]
    )
    new = _truth(shop, "series").query("is_new").product_id
    assert set(receipts.product_id) - set(matched.product_id) <= set(new)
    assert len(received) <= len(receipts) <= len(received) + 2 * new.nunique()


def test_an_open_order_of_history_gets_a_next_version_when_it_comes(shop: Delivered) -> None:
    orders = _feed(shop, "purchase_orders")
    versions = orders.groupby("purchase_order_id").received_at.agg(list)
    twice = versions[versions.map(len) == 2]
    live = shop.plan.live_from.isoformat()

    assert versions.map(len).max() == 2
    assert len(twice) > 5
    assert all(before == "" and after >= live[:19] for before, after in twice)
    came = orders[orders.received_at != ""]
    assert (came.received_at > came.ordered_at).all()
    assert (orders.expected_at > orders.ordered_at).all()
    in_window = pd.to_datetime(came.received_at) < came.file.map(lambda name: window_of(name)[1])
    assert in_window[~came.file.str.contains("/history/")].all()
    assert (came.received_at < live[:19])[came.file.str.contains("/history/")].all()


def test_a_promotion_has_the_price_of_its_sales(shop: Delivered) -> None:
    sales = _feed(shop, "sales")
    offers = _feed(shop, "promotions")
    sales["day"] = sales.occurred_at.str[:10]
    sales["net"] = sales.unit_price.astype(float) - sales.discount.astype(
        float
    ) / sales.quantity.astype(int)
    both = sales.merge(offers, on="product_id", suffixes=("", "_offer"))
    both = both[(both.day >= both.starts_on) & (both.day <= both.ends_on)]
    both = both[(both.channel_offer == "") | (both.channel_offer == both.channel)]

    assert len(both) > 100
    assert (abs(both.net - both.price.astype(float)) < 0.005).all()
    assert (offers.announced_at.str[:10] < offers.starts_on).all()
    assert len(sales[sales.discount != "0.00"]) == len(both)


def test_products_state_the_terms_of_their_suppliers(shop: Delivered, made: World) -> None:
    goods = _feed(shop, "products")

    assert len(goods) == 40
    assert np.allclose(goods.lead_time_days.astype(float), made.products.lead_time)
    assert (goods.minimum_order.astype(int) % goods.pack_size.astype(int) == 0).all()
    assert set(goods.order_days) == {"", "mon thu", "tue", "mon wed fri"}
    assert (goods.shelf_life_days != "").any()


def test_batches_expire_after_their_count(shop: Delivered) -> None:
    counted = _feed(shop, "stock_levels")
    dated = counted[counted.expires_on != ""]

    assert 0 < len(dated) < len(counted)
    assert (dated.expires_on >= dated.counted_at.str[:10]).all()
    pools = dated.groupby([*POOL, "counted_at"]).size()
    assert pools.max() == 2


def test_the_truth_of_demand_has_the_columns_of_every_measurement(
    shop: Delivered, made: World
) -> None:
    truth = _truth(shop, "demand")

    assert list(truth) == [
        "merchant_id", "product_id", "channel", "day", "expected_units", "is_promoted", "class",
        "stock_share",
    ]  # fmt: skip
    assert truth.expected_units.sum() == pytest.approx(made.expected.sum())
    assert set(truth["class"]) == {"smooth", "erratic", "intermittent", "lumpy"}
    categories = _truth(shop, "categories").set_index("category")
    assert (categories.elasticity < 0).all()
    offers = _truth(shop, "store_promotions").query("baseline_units > 0")
    assert (offers.added_units > 0).all()


def test_sellers_and_stores_share_the_files_of_sales_and_products() -> None:
    both = deliver(a_plan(customers=60, sellers=1, stores=1, store_products=10, sales_days=40))
    sales, goods = _feed(both, "sales"), _feed(both, "products")

    assert sales.merchant_id.nunique() == goods.merchant_id.nunique() == 2
    assert len(set(goods.merchant_id[goods.lead_time_days == ""])) == 1
    merchants = _feed(both, "merchants")
    assert set(sales.merchant_id) <= set(merchants.merchant_id)
