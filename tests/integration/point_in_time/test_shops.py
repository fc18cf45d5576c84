"""No feature of a customer night contains the future: laws, and leaks that must break them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from psycopg import sql

from features import build as builder
from features.rebuild import Rebuild, keys_of, rebuild
from features.views import CUSTOMER_NIGHTS, CUSTOMERS, FeatureView
from features.views.digests import feature_digest
from infra.local.postgres import Cluster
from tests.conftest import Db, a_warehouse
from tests.integration.point_in_time import shop_laws as laws
from tests.integration.point_in_time.books import FEEDS, Book, Key
from tests.integration.point_in_time.conftest import Plant, with_days
from tests.integration.point_in_time.laws import Built
from tests.integration.point_in_time.shop_books import a_shop_book

SEED = 7
VIEWS = (CUSTOMER_NIGHTS, CUSTOMERS)
VARIABLES = {"customer_ids_are_shared": 1}


class Shops:
    """Build books with the current dbt project, each in a warehouse of its own."""

    def __init__(
        self, cluster: Cluster, template: str, work: Path, views: tuple[FeatureView, ...] = VIEWS
    ) -> None:
        self._views = views
        self._cluster = cluster
        self._template = template
        self._work = work
        self._known: dict[tuple[Path, str, tuple[int, ...]], dict[Key, Built]] = {}
        self.rebuilt: dict[str, Rebuild] = {}

    def __call__(self, book: Book, build_after: Collection[int] = ()) -> dict[Key, Built]:
        """Return the feature rows of a book, built after some rounds and at the end.

        Rows that were built piece by piece are also rebuilt from raw.
        """
        key = (builder.PROJECT, repr(book), tuple(sorted(build_after)))
        if key not in self._known:
            with a_warehouse(self._cluster, self._template, self._work) as db:
                self._known[key] = self._built(db, book, build_after)
                if build_after:
                    self.rebuilt = {view.name: _rebuilt(db, view) for view in self._views}
        return self._known[key]

    def _built(self, db: Db, book: Book, build_after: Collection[int]) -> dict[Key, Built]:
        rounds = list(book.rounds())
        for place, deliveries in enumerate(rounds):
            for feed, rows in deliveries:
                FEEDS[feed](db, rows)
            if place in build_after or place == len(rounds) - 1:
                for view in self._views:
                    builder.build(view.selector, db.settings.warehouse, db.settings.work, VARIABLES)
        return {key: row for view in self._views for key, row in _rows(db, view)}


def _rows(db: Db, view: FeatureView) -> Iterator[tuple[Key, Built]]:
    """Yield every feature row of a view under the id of its night."""
    query = sql.SQL("select {}, version, {}, to_jsonb(f) - 'delivery_seq' from {} as f").format(
        sql.Identifier(view.entity), feature_digest(view), sql.Identifier(*view.table.split("."))
    )
    with db.superuser() as connection:
        for name, version, digest, values in connection.execute(query).fetchall():
            yield (f"{view.name} {name}", version), Built(digest, values)


def _rebuilt(db: Db, view: FeatureView) -> Rebuild:
    types = keys_of(view)
    rows = db.rows(f"select {', '.join(types)} from {view.table}")
    keys = pa.table(dict(zip(types, zip(*rows, strict=True), strict=True)), schema=pa.schema(types))
    return rebuild(keys, view, db.settings.warehouse, db.settings.work, VARIABLES)


@pytest.fixture(scope="module")
def features(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shops]:
    """Build features for the laws."""
    folder = tmp_path_factory.mktemp("shops")
    with with_days(cluster, built_template, folder / "days", days=120) as template:
        yield Shops(cluster, template, folder)


def test_the_book_has_every_case_of_the_laws(features: Shops) -> None:
    rows = features(a_shop_book(SEED))
    shops = [row.values for (name, _), row in rows.items() if name.startswith("customer_nights")]
    cards = [row.values for (name, _), row in rows.items() if name.startswith("customers")]

    assert {row["is_history"] for row in shops} == {True, False}
    assert {row["purchased_tonight"] for row in shops} == {True, False}
    assert {row["recency_days"] is None for row in shops} == {True, False}
    assert max(row["return_share"] or 0 for row in shops) == 1
    assert len({row["category_top_share"] for row in shops}) > 20
    assert len({row["wallet_share_90d"] for row in shops}) > 5
    assert len({row["usual_transaction_90d"] for row in cards}) > 20


def test_events_after_the_day_of_a_night_never_enter_its_features(features: Shops) -> None:
    assert laws.moved_by_later_events(features, a_shop_book(SEED)) == {}


def test_knowledge_after_a_night_never_enters_its_features(features: Shops) -> None:
    assert laws.moved_by_later_knowledge(features, a_shop_book(SEED)) == {}


def test_a_book_that_ends_early_gives_the_same_features(features: Shops) -> None:
    assert laws.moved_by_an_early_end(features, a_shop_book(SEED)) == {}


def test_the_schedule_of_builds_and_the_order_of_rows_do_not_change_features(
    features: Shops,
) -> None:
    assert laws.moved_by_schedule_and_order(features, a_shop_book(SEED)) == {}
    for view in VIEWS:
        assert features.rebuilt[view.name].rows > 20
        assert features.rebuilt[view.name].changed == []


# the file and text of a leak, the law that it breaks, and a column that shows it
LEAKS: dict[str, tuple[str, str, str, Any, str]] = {
    "a night reads entries that were booked later": (
        "macros/nights.sql",
        "    and entries.known_at <= nights.known_at\n",
        "",
        laws.moved_by_an_early_end,
        "monetary",
    ),
    "a night reaches one day too far": (
        "macros/nights.sql",
        "    entries.day_number <= nights.day_number\n",
        "    entries.day_number <= nights.day_number + 1\n",
        laws.moved_by_later_events,
        "spend_7d",
    ),
    "a line has the category that its product has today": (
        "models/intermediate/customers/books/int_category_days_booked.sql",
        "            and lines.described_at >= products.known_at\n"
        "            and lines.described_at < products.known_until\n",
        "            and products.known_until = 'infinity'\n",
        laws.moved_by_later_knowledge,
        "category_top_share",
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_breaks_its_law(features: Shops, name: str, plant: Plant) -> None:
    model, text, leaking, law, column = LEAKS[name]

    plant(model, text, leaking)

    assert column in law(features, a_shop_book(SEED))
