"""The world of the stores keeps its laws: censoring, stock, shares, promotions and response."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from features.platform.errors import ConfigurationError
from features.synthesize.stores import assortment, world
from features.synthesize.stores.assortment import CHANNELS, CLASSES
from features.synthesize.stores.expectations import AFTER_DAYS
from features.synthesize.stores.prices import CYCLE_DAYS
from features.synthesize.stores.world import World
from tests.unit.features.synthesize.worlds import a_plan

STORES = {"stores": 1, "sales_days": 720}


@pytest.fixture(scope="module")
def made() -> World:
    """Make one store of 120 products and two years."""
    return world.make(a_plan(**STORES))


def test_the_same_seed_makes_the_same_world(made: World) -> None:
    again, other = world.make(made.plan), world.make(a_plan(**STORES, seed=8))

    assert (again.units == made.units).all()
    assert (again.stock.closing == made.stock.closing).all()
    assert not (other.units == made.units).all()


def test_a_longer_plan_begins_with_the_same_days(made: World) -> None:
    longer = world.make(a_plan(**STORES, end=made.plan.end + timedelta(days=40)))
    days = made.days.count

    for name in ("expected", "demand", "units", "stock_share", "price", "promotion"):
        assert (getattr(longer, name)[:, :days] == getattr(made, name)).all()
    assert (longer.stock.ordered[:days] == made.stock.ordered).all()


def test_sales_are_the_demand_where_stock_is_there_and_never_more(made: World) -> None:
    is_open, is_out = made.stock_share == 1, made.stock_share == 0

    assert (made.units <= made.demand).all()
    assert (made.units == made.demand)[is_open].all()
    assert (made.units[is_out] == 0).all()
    is_partial = ~is_open & ~is_out
    assert is_partial.sum() > 1000
    lost = (made.demand - made.units)[is_partial]
    assert 0.1 < (lost > 0).mean() < 1.0


def test_stock_is_never_negative_and_its_changes_add_up(made: World) -> None:
    stock, sold = made.stock, made.pools.sums(made.units).T
    changes = stock.received - sold - stock.written_off + stock.uncounted + stock.moved

    assert (sold == stock.morning + stock.evening).all()
    assert (stock.closing == stock.opening + changes).all()
    assert (stock.opening[1:] == stock.closing[:-1]).all()
    assert (stock.closing >= 0).all()
    assert (sold <= stock.opening + stock.received).all()
    assert stock.moved.sum() == 0 < (stock.moved > 0).sum()


def test_an_order_arrives_whole_after_its_lead_time(made: World) -> None:
    day, pool = np.nonzero(made.stock.ordered)
    product = made.pools.product[pool]
    due = day + made.lead_times[product, day]
    arrives = due < made.days.count
    received = np.zeros_like(made.stock.received)
    np.add.at(received, (due[arrives], pool[arrives]), made.stock.ordered[day, pool][arrives])
    opens = made.products.born[made.pools.product] - made.days.first - 1
    new = np.flatnonzero(opens >= 0)
    received[opens[new], new] = made.stock.received[opens[new], new]

    assert (made.lead_times >= 1).all()
    assert (received == made.stock.received).all()
    assert made.products.order_days[product, made.days.weekdays[day]].all()
    pieces = made.stock.ordered[day, pool]
    assert (pieces % made.products.pack[product] == 0).all()
    assert (pieces >= made.products.minimum_order[product]).all()


def test_lead_times_have_the_mean_and_the_deviation_of_the_supplier(made: World) -> None:
    goods = made.products

    assert np.abs(made.lead_times.mean(axis=1) / goods.lead_time - 1).max() < 0.1
    slow = goods.lead_time_sd > 1
    assert np.abs(made.lead_times.std(axis=1) / goods.lead_time_sd - 1)[slow].max() < 0.2


def test_shares_are_those_of_the_configuration(made: World) -> None:
    shares, goods = made.assortment.shares, made.products

    for name in type(shares).model_fields:
        members = getattr(goods, f"is_{name}").sum()
        assert abs(members - getattr(shares, name) * len(goods)) <= 1, name
    for number, name in enumerate(CLASSES):
        members = (made.series.demand_class == number).sum()
        assert abs(members - made.assortment.classes[name].share * len(made.series)) <= 1
    assert not (goods.is_new & goods.is_dead).any()


def test_demand_has_the_class_of_its_series(made: World) -> None:
    """ADI and CV2 as Syntetos and Boylan cut them, over series that live all the time."""
    old = ~(made.products.is_new | made.products.is_dead)[made.series.product]
    demand = made.demand[old].astype(float)
    sizes = np.where(demand > 0, demand, np.nan)
    interval = demand.shape[1] / (demand > 0).sum(axis=1)
    variation = np.nanvar(sizes, axis=1) / np.nanmean(sizes, axis=1) ** 2
    measured = 2 * (interval >= 1.32) + (variation >= 0.49)

    assert (measured == made.series.demand_class[old]).mean() > 0.9


def test_only_stocked_out_products_run_out_often(made: World) -> None:
    lives = made.expected > 0
    scarce = made.products.is_stocked_out[made.series.product]

    assert 0.6 < made.stock_share[scarce][lives[scarce]].mean() < 0.93
    assert made.stock_share[~scarce][lives[~scarce]].mean() > 0.98


def test_demand_has_its_expectation_as_its_mean(made: World) -> None:
    for number, name in enumerate(CLASSES):
        chosen = made.series.demand_class == number
        assert made.demand[chosen].sum() == pytest.approx(made.expected[chosen].sum(), rel=0.03), (
            name
        )


def test_a_new_product_has_demand_from_its_first_day_and_a_dead_one_until_its_last(
    made: World,
) -> None:
    goods, lives = made.products, made.expected > 0
    first = made.days.first + lives.argmax(axis=1)
    last = made.days.first + made.days.count - lives[:, ::-1].argmax(axis=1)
    new, dead = (flag[made.series.product] for flag in (goods.is_new, goods.is_dead))

    assert (first[new] == goods.born[made.series.product][new]).all()
    assert (last[dead] == goods.dies[made.series.product][dead]).all()
    assert (first[~new] == made.days.first).all()
    young = made.plan.live_from - timedelta(days=56)
    assert (goods.born[goods.is_new] >= np.datetime64(young.date(), "D").astype(int)).any()


def test_a_promotion_is_announced_one_to_three_weeks_ahead_and_lowers_the_price(
    made: World,
) -> None:
    offers = made.promotions
    notice = offers.first - offers.announced

    assert len(offers) > 200
    assert (notice >= 7).all()
    assert (notice <= 21).all()
    assert (offers.announced >= made.days.first).all()
    assert (made.price < made.regular_price)[made.promoted].all()
    assert (made.price == made.regular_price)[~made.promoted].all()
    assert (made.announced_day[made.promoted] > 0).all()


def test_a_promotion_lifts_demand_by_price_and_uplift_and_takes_a_share_from_later(
    made: World,
) -> None:
    promotion, row = made.promotions.covers()
    category = made.category[row]
    elasticity, uplift, later = (
        np.array([getattr(entry, name) for entry in made.assortment.categories])[category]
        for name in ("elasticity", "uplift", "pull_forward")
    )
    first = made.promotions.first[promotion] - made.days.first
    after = made.promotions.last[promotion] - made.days.first + 1
    chosen = np.flatnonzero(after + AFTER_DAYS < made.days.count)
    effect = made.expected - made.baseline

    for index in chosen[:40]:
        on = slice(first[index], after[index])
        added = effect[row[index], on].sum()
        lift = added / made.baseline[row[index], on].sum() + 1
        discount = made.promotions.discount[promotion[index]]
        assert lift == pytest.approx((1 - discount) ** elasticity[index] * (1 + uplift[index]))
        lost = -effect[row[index], after[index] : after[index] + AFTER_DAYS].sum()
        assert lost >= later[index] * added - 1e-9  # and what other promotions take


def test_the_rest_of_a_category_loses_a_share_of_the_pieces_that_a_promotion_adds(
    made: World,
) -> None:
    """On the first days of a cycle no series pays for an earlier promotion."""
    effect = (made.expected - made.baseline)[:, np.arange(made.days.count) % CYCLE_DAYS < 4]
    rates = [entry.cannibalisation for entry in made.assortment.categories]

    for category, rate in enumerate(rates):
        for channel in range(len(CHANNELS)):
            chosen = (made.category == category) & (made.series.channel == channel)
            added = np.maximum(effect[chosen], 0).sum()
            lost = -np.minimum(effect[chosen], 0).sum()
            assert added > 0
            assert lost == pytest.approx(rate * added, rel=0.05)


def test_regular_prices_move_demand_by_the_elasticity_of_the_category(made: World) -> None:
    """A regression with effects of days and products finds it, because no trend hides it."""
    goods, rows = made.products, made.series.product
    steady = ~(goods.is_seasonal | goods.is_new | goods.is_dead)[rows] & (made.series.channel == 0)

    for number, entry in enumerate(made.assortment.categories):
        chosen = steady & (made.category == number)
        price = _demeaned(np.log(made.regular_price[chosen]))
        if entry.price_changes == 0:
            assert np.abs(price).max() < 1e-9
            continue
        slope = (price * _demeaned(np.log(made.baseline[chosen]))).sum() / (price**2).sum()
        assert slope == pytest.approx(entry.elasticity, abs=0.35), entry.name


def _demeaned(values: np.ndarray) -> np.ndarray:
    values = values - values.mean(axis=1, keepdims=True)
    demeaned: np.ndarray = values - values.mean(axis=0)
    return demeaned


def test_stores_have_their_own_products_and_stock() -> None:
    two = world.make(a_plan(stores=2, store_products=30, sales_days=60))

    assert two.units.shape == (2 * 30 * len(CHANNELS), two.days.count)
    assert set(two.store) == {0, 1}
    half = len(two.series) // 2
    assert not (two.units[:half] == two.units[half:]).all()


def test_a_world_without_history_has_one_day() -> None:
    start = a_plan().start
    short = world.make(
        a_plan(
            stores=1,
            store_products=9,
            sales_days=0,
            live_from=start,
            end=start + timedelta(hours=5),
        )
    )

    assert short.units.shape == (18, 1)


@pytest.mark.parametrize("wrong", [{"stores": -1}, {"store_products": 0}])
def test_a_plan_of_impossible_stores_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        a_plan(**wrong)


def test_a_configuration_whose_shares_do_not_add_up_is_refused(tmp_path: Path) -> None:
    text = assortment.FILE.read_text(encoding="utf-8")
    wrong = tmp_path / "assortment.yaml"
    wrong.write_text(text.replace("smooth: {share: 0.35", "smooth: {share: 0.30"), "utf-8")

    with pytest.raises(ConfigurationError, match="do not add up to 1"):
        assortment.load(wrong)


def test_every_array_of_the_world_has_the_shape_of_its_series(made: World) -> None:
    shape = (len(made.series), made.days.count)
    for item in dataclasses.fields(made):
        value = getattr(made, item.name)
        if isinstance(value, np.ndarray):
            assert value.shape == shape, item.name
