"""No feature of a loan application contains the future: laws, and leaks that must break them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from features import build as builder
from features.views import APPLICATIONS
from features.views.digests import feature_digest
from infra.local.postgres import Cluster
from tests.conftest import Db, a_warehouse
from tests.integration.point_in_time import application_laws as laws
from tests.integration.point_in_time.books import FEEDS, Book, Key, a_book
from tests.integration.point_in_time.conftest import Plant, with_days
from tests.integration.point_in_time.laws import Built

SEED = 7
FOLDER = "models/intermediate/applications"
ROWS = sql.SQL(
    "select application_id, version, {}, to_jsonb(f) - 'delivery_seq' "
    "from marts.feat_applications as f"
).format(feature_digest(APPLICATIONS))


class Lenders:
    """Build books with the current dbt project, each in a warehouse of its own."""

    def __init__(self, cluster: Cluster, template: str, work: Path) -> None:
        self._cluster = cluster
        self._template = template
        self._work = work
        self._known: dict[tuple[Path, str, tuple[int, ...]], dict[Key, Built]] = {}

    def __call__(self, book: Book, build_after: Collection[int] = ()) -> dict[Key, Built]:
        """Return the feature rows of a book, built after some rounds and at the end."""
        key = (builder.PROJECT, repr(book), tuple(sorted(build_after)))
        if key not in self._known:
            with a_warehouse(self._cluster, self._template, self._work) as db:
                self._known[key] = self._built(db, book, build_after)
        return self._known[key]

    @staticmethod
    def _built(db: Db, book: Book, build_after: Collection[int]) -> dict[Key, Built]:
        rounds = list(book.rounds())
        for place, deliveries in enumerate(rounds):
            for feed, rows in deliveries:
                FEEDS[feed](db, rows)
            if place in build_after or place == len(rounds) - 1:
                builder.build("application_features", db.settings.warehouse, db.settings.work)
        with db.superuser() as connection:
            feature_rows = connection.execute(ROWS).fetchall()
        return {
            (name, version): Built(digest, values) for name, version, digest, values in feature_rows
        }


@pytest.fixture(scope="module")
def features(
    cluster: Cluster, built_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lenders]:
    """Build features for the laws."""
    folder = tmp_path_factory.mktemp("lenders")
    with with_days(cluster, built_template, folder / "days", days=120) as template:
        yield Lenders(cluster, template, folder)


def test_the_book_has_every_case_of_the_laws(features: Lenders) -> None:
    rows = [built.values for built in features(a_book(SEED)).values()]

    assert {row["applicant_last_outcome"] for row in rows} == {"none", "good", "bad", "open"}
    assert max(row["customer_fraud_confirmed_count"] for row in rows) > 2
    assert max(row["applicant_application_count"] for row in rows) > 5
    assert len({row["customer_spend_trend"] for row in rows}) > 20
    assert max(row["version"] for row in rows) == 2


@pytest.mark.parametrize("place", [1, 3])
def test_events_after_an_application_never_enter_its_features(
    features: Lenders, place: int
) -> None:
    assert laws.moved_by_later_events(features, a_book(SEED), place) == {}


def test_events_at_the_instant_of_an_application_enter_no_feature(features: Lenders) -> None:
    assert laws.moved_by_peers(features, a_book(SEED)) == {}


@pytest.mark.parametrize("seed", [SEED, 11])
def test_knowledge_after_an_application_never_enters_its_features(
    features: Lenders, seed: int
) -> None:
    assert laws.moved_by_later_knowledge(features, a_book(seed)) == {}


def test_a_verdict_counts_only_if_it_was_reported_by_then(features: Lenders) -> None:
    assert laws.moved_by_verdicts_reported_later(features, a_book(SEED)) == {}


@pytest.mark.parametrize("place", [0, 3])
def test_a_book_that_ends_early_gives_the_same_features(features: Lenders, place: int) -> None:
    assert laws.moved_by_an_early_end(features, a_book(SEED), place) == {}


@pytest.mark.parametrize(("build_after", "order"), [((0, 2, 4), 1), ((1, 3), 2)])
def test_the_schedule_of_builds_and_the_order_of_rows_do_not_change_features(
    features: Lenders, build_after: tuple[int, ...], order: int
) -> None:
    assert laws.moved_by_schedule_and_order(features, a_book(SEED), build_after, order) == {}


# the file and text of a leak, the law that it breaks, and a column that shows it
LEAKS: dict[str, tuple[str, str, str, Any, str]] = {
    "spending reads what became known later": (
        "int_applicant_spending_summed.sql",
        "            and pending.known_at >= transactions.known_at\n",
        "",
        laws.moved_by_later_knowledge,
        "customer_spend_sum_90d",
    ),
    "spending reads a correction before it was made": (
        "int_applicant_spending_summed.sql",
        "is_replaced('transactions', by='pending.known_at')",
        "is_replaced('transactions')",
        laws.moved_by_later_knowledge,
        "customer_spend_sum_90d",
    ),
    "spending holds the instant of the application": (
        "int_applicant_spending_summed.sql",
        "            and pending.applied_at > transactions.occurred_at\n",
        "            and pending.applied_at >= transactions.occurred_at\n",
        laws.moved_by_peers,
        "customer_spend_sum_30d",
    ),
    "spending reaches beyond the application": (
        "int_applicant_spending_summed.sql",
        "            and pending.applied_at > transactions.occurred_at\n",
        "            and pending.applied_at + interval '1 second' > transactions.occurred_at\n",
        laws.moved_by_later_events,
        "customer_spend_sum_30d",
    ),
    "a fraud counts before its report": (
        "int_applicant_frauds_counted.sql",
        "            and customer_transactions.applied_at >= labels.known_at\n",
        "",
        laws.moved_by_verdicts_reported_later,
        "customer_fraud_confirmed_count",
    ),
    "an outcome counts before its report": (
        "int_applicant_applications_counted.sql",
        "            and earlier_applications.reference_at >= labels.known_at\n",
        "",
        laws.moved_by_verdicts_reported_later,
        "applicant_last_outcome",
    ),
    "an application of the same instant is an earlier one": (
        "int_applicant_applications_counted.sql",
        "            and pending.applied_at > applications.applied_at\n",
        "            and pending.applied_at >= applications.applied_at\n",
        laws.moved_by_peers,
        "applicant_application_count",
    ),
    "an earlier application is read as it stands today": (
        "int_applicant_applications_counted.sql",
        "                and newer.known_at <= pending.known_at\n",
        "",
        laws.moved_by_an_early_end,
        "applicant_application_count",
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_breaks_its_law(features: Lenders, name: str, plant: Plant) -> None:
    model, text, leaking, law, column = LEAKS[name]

    plant(f"{FOLDER}/{model}", text, leaking)

    assert column in law(features, a_book(SEED))
