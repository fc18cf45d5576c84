"""On drawn books of shops, the stock of a night and its contradictions equal their definition."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from features.build import build
from features.views import STOCK
from tests.conftest import Db
from tests.integration.point_in_time.books import FEEDS, Book
from tests.integration.point_in_time.stock_books import a_stock_book
from tests.property.features.demand_oracle import Night, midnight
from tests.property.features.stock_oracle import World, discrepancies, stock_features
from tests.property.features.test_demand_equals_its_definition import same

SHOWN = ("category", "department", *STOCK.used, *STOCK.columns)
FOUND = "merchant_id, product_id, location, kind, size, appeared_at, age_days"


def differences(db: Db, worlds: list[World]) -> dict[Any, Any]:
    """Return the values that differ from the definition, under night and name."""
    wrong: dict[Any, Any] = {}
    for world in worlds:
        expected = stock_features(world)
        rows = db.rows(
            "select merchant_id, product_id, to_jsonb(f) from marts.feat_stock as f"
            " where day_at = %s", midnight(world.night.day),
        )  # fmt: skip
        assert {tuple(name) for *name, _ in rows} == expected.keys(), world.night
        for *name, values in rows:
            for column in SHOWN:
                if not same(values[column], expected[tuple(name)][column]):
                    wrong[world.night.day, *name, column] = (
                        values[column], expected[tuple(name)][column],
                    )  # fmt: skip
    return wrong


def worlds_of(db: Db, book: Book) -> list[World]:
    """Return what each built night knows."""
    nights = db.rows("select distinct day_at, known_at from marts.feat_stock order by 1")
    return [World(book, Night(day_at.astimezone(UTC).date(), known)) for day_at, known in nights]


@pytest.mark.parametrize(("seed", "build_after"), [(3, 1)])
def test_stock_and_its_contradictions_equal_their_definition(
    fresh_built: Any, seed: int, build_after: int
) -> None:
    book = a_stock_book(seed)
    with fresh_built() as db:
        for place, deliveries in enumerate(book.rounds()):
            for feed, rows in deliveries:
                FEEDS[feed](db, rows)
            if place in (build_after, 5):
                build(STOCK.selector, db.settings.warehouse, db.settings.work)
        worlds = worlds_of(db, book)
        wrong = differences(db, worlds)
        found = db.rows(f"select {FOUND} from marts.fct_stock_discrepancies")
        [(rows,)] = db.rows("select count(*) from marts.feat_stock")
        [(nights,)] = db.rows("select count(*) from raw.stock_nights")
        filled = {c: db.rows(f"select count({c}) from marts.feat_stock")[0][0] for c in SHOWN}

    assert wrong == {}
    assert rows == nights > 30
    assert [column for column in SHOWN if filled[column] == 0] == []
    assert {tuple(row) for row in found} == discrepancies(worlds[-1])
    assert len(found) == len({tuple(row) for row in found})
    assert {row[3] for row in found} == {
        "count_gap", "below_zero", "never_counted", "over_reserved",
    }  # fmt: skip
