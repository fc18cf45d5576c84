"""On drawn books of shops with stock, the features of demand equal their plain definition."""

from __future__ import annotations

import math
from datetime import UTC
from typing import Any

import pytest

from features.build import build
from features.views import DEMAND
from scoring.demand.past import COLUMNS
from tests.conftest import Db
from tests.integration.point_in_time.books import FEEDS, Book
from tests.integration.point_in_time.demand_books import a_demand_book
from tests.property.features.demand_oracle import Night, demand_features

SHOWN = ("category", *DEMAND.columns)


def same(value: Any, expected: Any) -> bool:
    """Return whether two values agree to the rounding of some hundred operations."""
    if isinstance(expected, list):
        pairs = zip(value, expected, strict=False)
        return len(value) == len(expected) and all(same(*pair) for pair in pairs)
    if isinstance(expected, str) or expected is None:
        return bool(value == expected)
    if value is None or math.isnan(expected):
        return value is None and math.isnan(expected)
    return math.isclose(float(value), expected, rel_tol=1e-9, abs_tol=1e-9)


def differences(db: Db, book: Book) -> dict[Any, Any]:
    """Return the values that differ from the definition, under night and name."""
    wrong: dict[Any, Any] = {}
    nights = db.rows("select distinct day_at, known_at from marts.feat_demand order by 1")
    for day_at, known_at in nights:
        night = Night(day_at.astimezone(UTC).date(), known_at)
        expected = demand_features(book, night)
        rows = db.rows(
            "select merchant_id, product_id, channel, to_jsonb(f) from marts.feat_demand as f"
            " where day_at = %s", day_at,
        )  # fmt: skip
        assert {tuple(name) for *name, _ in rows} == expected.keys(), night
        for *name, values in rows:
            for column in SHOWN:
                if not same(values[column], expected[tuple(name)][column]):
                    wrong[night.day, *name, column] = values[column], expected[tuple(name)][column]
    return wrong


def test_the_view_has_the_columns_of_the_definition() -> None:
    assert DEMAND.columns == COLUMNS


@pytest.mark.parametrize(("seed", "build_after"), [(3, 1)])
def test_features_of_demand_equal_their_definition(
    fresh_built: Any, seed: int, build_after: int
) -> None:
    book = a_demand_book(seed)
    with fresh_built() as db:
        for place, deliveries in enumerate(book.rounds()):
            for feed, rows in deliveries:
                FEEDS[feed](db, rows)
            if place in (build_after, 5):
                build(DEMAND.selector, db.settings.warehouse, db.settings.work)
        wrong = differences(db, book)
        [(rows,)] = db.rows("select count(*) from marts.feat_demand")
        [(nights,)] = db.rows("select count(*) from raw.demand_nights")
        filled = {c: db.rows(f"select count({c}) from marts.feat_demand")[0][0] for c in SHOWN}

    assert wrong == {}
    assert rows == nights > 50
    assert [column for column in SHOWN if filled[column] == 0] == []
