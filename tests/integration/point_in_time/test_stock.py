"""No feature of stock contains the future: laws, and leaks that must break them."""

from __future__ import annotations

from typing import Any

import pytest

from features.views import STOCK
from infra.local.postgres import Cluster
from tests.integration.point_in_time import demand_laws as laws
from tests.integration.point_in_time.conftest import Plant
from tests.integration.point_in_time.stock_books import a_stock_book
from tests.integration.point_in_time.test_shops import Shops

SEED = 5


@pytest.fixture(scope="module")
def features(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Shops:
    """Build features for the laws."""
    return Shops(cluster, built_template, tmp_path_factory.mktemp("stock"), (STOCK,))


def test_events_after_the_day_of_a_night_never_enter_its_stock(features: Shops) -> None:
    assert laws.moved_by_later_events(features, a_stock_book(SEED)) == {}


def test_knowledge_after_a_night_never_enters_its_stock(features: Shops) -> None:
    assert laws.moved_by_later_knowledge(features, a_stock_book(SEED)) == {}


def test_the_schedule_of_builds_and_the_order_of_rows_do_not_change_stock(
    features: Shops,
) -> None:
    assert laws.moved_by_schedule_and_order(features, a_stock_book(SEED)) == {}
    assert features.rebuilt[STOCK.name].rows > 30
    assert features.rebuilt[STOCK.name].changed == []


# the file and text of a leak, the law that it breaks, and a column that shows it
LEAKS: dict[str, tuple[str, str, str, Any, str]] = {
    "a night reads counts and movements that became known later": (
        "macros/stock.sql",
        "            and {{ rows }}.known_at <= nights.known_at\n",
        "",
        laws.moved_by_later_knowledge,
        "location_on_hand",
    ),
    "a night reads an order that follows its day": (
        "models/intermediate/stock/int_purchase_orders_summed.sql",
        "            {{ day_start('nights.day_number + 1') }} > orders.happened_at\n"
        "            and nights",
        "            nights",
        laws.moved_by_later_events,
        "inbound_total",
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_breaks_its_law(features: Shops, name: str, plant: Plant) -> None:
    model, text, leaking, law, column = LEAKS[name]

    plant(model, text, leaking)

    assert column in law(features, a_stock_book(SEED))
