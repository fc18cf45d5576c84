"""What is known of how loans ended is never rewritten: a model trained again sees the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from features import build as builder
from features.build import PROJECT
from infra.local.postgres import Cluster
from tests.builders import an_outcome
from tests.conftest import Db, _clone, _settings
from tests.integration.point_in_time.books import FEEDS, ROUNDS, Book, a_book
from tests.integration.point_in_time.conftest import Plant

SEED = 7
MODEL = "models/marts/fct_application_labels.sql"
Outcomes = Callable[[Book], set[tuple[Any, ...]]]


@pytest.fixture
def outcomes(cluster: Cluster, built_template: str, tmp_path: Path) -> Outcomes:
    """What the view of the moment says of the outcomes of a book."""

    def read(book: Book) -> set[tuple[Any, ...]]:
        with _clone(cluster, built_template) as database:
            db = Db(cluster, _settings(cluster, database, tmp_path))
            for deliveries in book.rounds():
                for feed, rows in deliveries:
                    if feed == "outcomes":
                        FEEDS[feed](db, rows)
            if builder.PROJECT != PROJECT:
                builder.build("serving", db.settings.warehouse, db.settings.work)
            return set(
                db.rows(
                    "select known_at, application_id, label_version, outcome, is_default,"
                    " provenance_rank from marts.fct_application_labels"
                )
            )

    return read


def what_was_known_stays_known(outcomes: Outcomes, book: Book) -> None:
    """At each moment, the whole book and the one that ends there say the same of all loans.

    In the whole one, every loan fails at last.
    """
    names = sorted({row["application_id"] for row in book.of("outcomes")})
    later = book.plus("outcomes", [an_outcome(name, ROUNDS[-1], version=9) for name in names])
    whole = outcomes(later)
    for moment in ROUNDS[:-1]:
        cut = book.known_by(moment)
        short = {row for row in whole if row[0] <= moment}
        assert short == outcomes(cut), f"what was known on {moment:%Y-%m-%d} has changed"
        assert len(short) == len(cut.of("outcomes")) < len(whole)


def test_what_was_known_of_loans_at_a_moment_stays_known(outcomes: Outcomes) -> None:
    what_was_known_stays_known(outcomes, a_book(SEED))


LEAKS = {
    "only the newest outcome is kept": (
        "from labels\n",
        "from labels\n"
        "where not exists (\n"
        "    select 1 from labels as newer\n"
        "    where\n"
        "        newer.application_id = labels.application_id\n"
        "        and newer.version > labels.version\n"
        ")\n",
    ),
    "an outcome is dated back to the first that was told of its loan": (
        "    known_at,\n",
        "    min(known_at) over (partition by application_id) as known_at,\n",
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_changes_what_was_known(outcomes: Outcomes, name: str, plant: Plant) -> None:
    plant(MODEL, *LEAKS[name])

    with pytest.raises(AssertionError, match="has changed"):
        what_was_known_stays_known(outcomes, a_book(SEED))
