"""No feature of demand contains the future: laws, and leaks that must break them."""

from __future__ import annotations

from typing import Any

import pytest

from features.views import DEMAND
from infra.local.postgres import Cluster
from tests.integration.point_in_time import demand_laws as laws
from tests.integration.point_in_time.conftest import Plant
from tests.integration.point_in_time.demand_books import a_demand_book
from tests.integration.point_in_time.test_shops import Shops

SEED = 5


@pytest.fixture(scope="module")
def features(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Shops:
    """Build features for the laws."""
    return Shops(cluster, built_template, tmp_path_factory.mktemp("demand"), (DEMAND,))


def test_events_after_the_day_of_a_night_never_enter_its_features(features: Shops) -> None:
    assert laws.moved_by_later_events(features, a_demand_book(SEED)) == {}


def test_knowledge_after_a_night_never_enters_its_features(features: Shops) -> None:
    assert laws.moved_by_later_knowledge(features, a_demand_book(SEED)) == {}


def test_a_book_that_ends_early_gives_the_same_features(features: Shops) -> None:
    assert laws.moved_by_an_early_end(features, a_demand_book(SEED)) == {}


def test_the_schedule_of_builds_and_the_order_of_rows_do_not_change_features(
    features: Shops,
) -> None:
    assert laws.moved_by_schedule_and_order(features, a_demand_book(SEED)) == {}
    assert features.rebuilt[DEMAND.name].rows > 50
    assert features.rebuilt[DEMAND.name].changed == []


# the file and text of a leak, the law that it breaks, and a column that shows it
LEAKS: dict[str, tuple[str, str, str, Any, str]] = {
    "a night reads a promotion that is announced after its day": (
        "models/intermediate/demand/int_promotions_recalled.sql",
        "            {{ day_start('nights.day_number + 1') }} > promotions.announced_at\n"
        "            and nights.known_at",
        "            nights.known_at",
        laws.moved_by_later_events,
        "promotion_1_discount",
    ),
    "a night reads a promotion that became known later": (
        "models/intermediate/demand/int_promotions_recalled.sql",
        "            and nights.known_at >= promotions.known_at\n",
        "",
        laws.moved_by_later_knowledge,
        "promoted_share_56",
    ),
    "a night reads counts that became known later": (
        "macros/stock.sql",
        "            and {{ rows }}.known_at <= nights.known_at\n",
        "",
        laws.moved_by_later_knowledge,
        "out_share_56",
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_breaks_its_law(features: Shops, name: str, plant: Plant) -> None:
    model, text, leaking, law, column = LEAKS[name]

    plant(model, text, leaking)

    assert column in law(features, a_demand_book(SEED))
