"""On drawn books of shops, the features of customer nights equal their plain definition."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features.build import build
from features.views import CUSTOMER_NIGHTS, CUSTOMERS, FeatureView
from tests.conftest import Db
from tests.integration.point_in_time.books import FEEDS, Book
from tests.integration.point_in_time.shop_books import a_shop_book
from tests.property.features.shop_oracle import Night, card_features, read, shop_features

Oracle = Callable[[Book, Night], dict[str, Any]]
VIEWS: tuple[tuple[FeatureView, Oracle], ...] = (
    (CUSTOMER_NIGHTS, shop_features),
    (CUSTOMERS, card_features),
)


def same(value: Any, expected: Any) -> bool:
    """Return whether two values agree to the rounding of a few operations."""
    if value is None or isinstance(expected, dict | bool) or expected is None:
        return bool(value == expected)
    return math.isclose(value, expected, rel_tol=1e-12)


def differences(db: Db, view: FeatureView, oracle: Oracle, book: Book) -> dict[Any, Any]:
    """Return the values that differ from the definition, under night and name."""
    shown = [name for name in view.carried if name.startswith("category_")] + [*view.columns]
    merchant = "merchant_id" if "merchant_id" in view.carried else "''"
    wrong = {}
    for name, *about, values in db.rows(
        f"select {view.entity}, {merchant}, customer_id, day_at, known_at, to_jsonb(f)"
        f" from {view.table} as f"
    ):
        expected = oracle(book, Night(*utc(about)))
        assert expected.keys() == set(shown)
        for column in shown:
            if not same(read(values[column]), expected[column]):
                wrong[name, column] = (values[column], expected[column])
    return wrong


def utc(about: list[Any]) -> list[Any]:
    """Return the values of a night, with moments in UTC."""
    from datetime import UTC

    return [value.astimezone(UTC) if isinstance(value, datetime) else value for value in about]


@settings(
    deadline=None,
    max_examples=2,  # dbt runs four times in each example
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32), build_after=st.integers(0, 4))
def test_features_of_customer_nights_equal_their_definition(
    fresh_built: Any, seed: int, build_after: int
) -> None:
    book = a_shop_book(seed)
    with fresh_built() as db:
        for place, deliveries in enumerate(book.rounds()):
            for feed, rows in deliveries:
                FEEDS[feed](db, rows)
            if place in (build_after, 5):
                for view, _ in VIEWS:
                    build(view.selector, db.settings.warehouse, db.settings.work,
                          {"customer_ids_are_shared": 1})  # fmt: skip
        wrong = {view.name: differences(db, view, oracle, book) for view, oracle in VIEWS}
        nights = db.rows(
            "select count(*) from raw.customer_nights"
            " union all select count(*) from marts.feat_customer_nights"
            " union all select count(*) from raw.card_customer_nights"
            " union all select count(*) from marts.feat_customers"
        )

    assert wrong == {view.name: {} for view, _ in VIEWS}
    assert nights[0] == nights[1]
    assert nights[2] == nights[3]
