"""Known outcomes of loans are never rewritten, so a model can be trained again on the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from features import build as builder
from features.build import PROJECT
from infra.local.postgres import Cluster
from tests.builders import an_outcome
from tests.conftest import a_warehouse
from tests.integration.point_in_time.books import FEEDS, ROUNDS, Book, a_book
from tests.integration.point_in_time.conftest import Plant

SEED = 7
MODEL = "models/marts/fct_application_labels.sql"
Told = set[tuple[Any, ...]]
Outcomes = Callable[[Book], Told]


@pytest.fixture
def outcomes(cluster: Cluster, built_template: str, tmp_path: Path) -> Iterator[Outcomes]:
    """Return the outcomes of a book as the current view shows them."""
    with ExitStack() as stack:

        @cache
        def template(project: Path) -> str:
            """Build the view of another project once; each book gets a copy."""
            if project == PROJECT:
                return built_template
            db = stack.enter_context(a_warehouse(cluster, built_template, tmp_path / "planted"))
            builder.build("serving", db.settings.warehouse, db.settings.work)
            return db.settings.warehouse.database

        def read(book: Book) -> Told:
            with a_warehouse(cluster, template(builder.PROJECT), tmp_path) as db:
                for deliveries in book.rounds():
                    for feed, rows in deliveries:
                        if feed == "outcomes":
                            FEEDS[feed](db, rows)
                return set(
                    db.rows(
                        "select known_at, application_id, label_version, outcome, is_default,"
                        " provenance_rank from marts.fct_application_labels"
                    )
                )

        yield read


def rewritten(outcomes: Outcomes, book: Book) -> dict[datetime, Told]:
    """Return the outcomes in which an early end of a book differs from the whole book.

    Both are read as of the same moment.

    In the whole book, every loan fails in the end.
    """
    names = sorted({row["application_id"] for row in book.of("outcomes")})
    later = book.plus("outcomes", [an_outcome(name, ROUNDS[-1], version=9) for name in names])
    whole = outcomes(later)
    changed = {
        moment: {row for row in whole if row[0] <= moment} ^ outcomes(book.known_by(moment))
        for moment in ROUNDS[:-1]
    }
    return {moment: rows for moment, rows in changed.items() if rows}


def test_the_outcomes_known_at_a_moment_stay_the_same(outcomes: Outcomes) -> None:
    assert rewritten(outcomes, a_book(SEED)) == {}


@pytest.mark.parametrize("moment", ROUNDS[:-1])
def test_every_outcome_is_known_as_of_its_report(outcomes: Outcomes, moment: datetime) -> None:
    cut = a_book(SEED).known_by(moment)

    assert len(outcomes(cut)) == len(cut.of("outcomes")) > 0


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
    "an outcome is dated back to the first report on its loan": (
        "    known_at,\n",
        "    min(known_at) over (partition by application_id) as known_at,\n",
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_changes_the_known_outcomes(
    outcomes: Outcomes, name: str, plant: Plant
) -> None:
    plant(MODEL, *LEAKS[name])

    assert rewritten(outcomes, a_book(SEED)) != {}
