"""Overrides keep their laws in Postgres, against a plain reading day by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.conftest import Db, a_warehouse

NIGHT = date(2026, 3, 1)
START = datetime(2026, 3, 1, tzinfo=UTC)
CHANNELS = ("web", "store", "")


@dataclass(frozen=True)
class Entry:
    """An override of product tea: days and moments count from the night."""

    channel: str | None
    first: int
    days: int
    factor: float | None
    units: float | None
    created: int
    withdrawn: int | None
    product: str = "tea"


def _entries(created: int) -> st.SearchStrategy[Entry]:
    factors = st.builds(
        lambda channel, factor: (channel, factor, None),
        st.sampled_from((None, *CHANNELS)),
        st.sampled_from((0.0, 0.5, 1.0, 3.0)),
    )
    units = st.builds(
        lambda channel, units: (channel, None, units),
        st.sampled_from(CHANNELS),
        st.sampled_from((0.0, 2.0, 11.0)),
    )
    return st.builds(
        lambda change, first, days, withdrawn, product: Entry(
            change[0], first, days, change[1], change[2], created, withdrawn, product
        ),
        factors | units,
        st.integers(-5, 32),  # some begin before the night, or after its horizon
        st.integers(1, 40),
        st.none() | st.integers(created, 9),
        st.sampled_from(("tea", "tea", "tea", "cups")),
    )


#: Overrides in the order of their making, at the hours 0, 1, 2 and so on.
books = st.integers(0, 6).flatmap(lambda n: st.tuples(*map(_entries, range(n))))
means = st.lists(st.sampled_from((0.0, 0.25, 1.0, 8.0)), min_size=28, max_size=28)


@pytest.fixture(scope="module")
def session(
    cluster: Any, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg.Connection[Any]]:
    """A superuser, who may date overrides back."""
    with a_warehouse(cluster, migrated_template, tmp_path_factory.mktemp("laws")) as db:
        yield from _session(db)


def _session(db: Db) -> Iterator[psycopg.Connection[Any]]:
    with db.superuser() as connection:
        yield connection


def hour(number: int | None) -> datetime | None:
    """Return a moment by its hour."""
    return None if number is None else START + timedelta(hours=number)


def record(session: psycopg.Connection[Any], book: Sequence[Entry]) -> list[UUID]:
    """Insert the overrides and their withdrawals; return the ids of the overrides."""
    ids = []
    for entry in book:
        row = session.execute(
            "insert into decisions.forecast_overrides (merchant_id, product_id, channel,"
            " first_day, last_day, factor, units_per_day, person, reason, created_at)"
            " values ('shop', %s, %s, %s, %s, %s, %s, 'a', 'b', %s) returning override_id",
            (
                entry.product,
                entry.channel,
                NIGHT + timedelta(days=entry.first),
                NIGHT + timedelta(days=entry.first + entry.days - 1),
                entry.factor,
                entry.units,
                hour(entry.created),
            ),
        ).fetchone()
        assert row is not None
        ids.append(row[0])
        if entry.withdrawn is not None:
            session.execute(
                "insert into decisions.forecast_overrides"
                " (merchant_id, product_id, withdraws, person, reason, created_at)"
                " values ('shop', %s, %s, 'a', 'b', %s)",
                (entry.product, row[0], hour(entry.withdrawn)),
            )
    return ids


def asked(
    session: psycopg.Connection[Any], channel: str, units: Sequence[float] | None, at: int
) -> list[float] | None:
    """Return what the function says for a channel of tea at an hour."""
    row = session.execute(
        "select decisions.overridden_units('shop', 'tea', %s, %s, %s::float8[], %s)",
        (channel, START, units, hour(at)),
    ).fetchone()
    assert row is not None
    answer: list[float] | None = row[0]
    return answer


def in_force(book: Sequence[Entry], channel: str, day: int, at: int) -> Entry | None:
    """Return the newest override of a day, as known at an hour."""
    holding = [
        entry
        for entry in book
        if entry.product == "tea"
        and entry.channel in (None, channel)
        and entry.first <= day < entry.first + entry.days
        and entry.created <= at
        and (entry.withdrawn is None or entry.withdrawn > at)
    ]
    return max(holding, key=lambda entry: entry.created, default=None)


def read_plainly(
    book: Sequence[Entry], channel: str, units: Sequence[float], at: int
) -> list[float]:
    """Return the units of each day with the overrides known at an hour."""
    answer = []
    for day, mean in enumerate(units, start=1):
        entry = in_force(book, channel, day, at)
        if entry is None:
            answer.append(mean)
        else:
            answer.append(float(entry.units or 0) if entry.factor is None else entry.factor * mean)
    return answer


LAW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(book=books, units=means, at=st.integers(-1, 10))
@LAW
def test_the_newest_override_of_a_day_wins_as_known_at_the_moment(
    session: psycopg.Connection[Any], book: Sequence[Entry], units: list[float], at: int
) -> None:
    with session.transaction(force_rollback=True):
        record(session, book)

        for channel in CHANNELS:
            assert asked(session, channel, units, at) == read_plainly(book, channel, units, at)


@given(book=books, later=_entries(7), units=means, at=st.integers(0, 6))
@LAW
def test_what_a_person_does_after_a_claim_changes_nothing_for_it(
    session: psycopg.Connection[Any],
    book: Sequence[Entry],
    later: Entry,
    units: list[float],
    at: int,
) -> None:
    with session.transaction(force_rollback=True):
        ids = record(session, [entry for entry in book if (entry.withdrawn or 0) <= at])
        before = [asked(session, channel, units, at) for channel in CHANNELS]

        record(session, [later])
        session.execute(
            "insert into decisions.forecast_overrides"
            " (merchant_id, product_id, withdraws, person, reason, created_at)"
            " select merchant_id, product_id, override_id, 'a', 'b', %s"
            " from decisions.forecast_overrides as overrides where override_id = any(%s)"
            " and not exists (select from decisions.forecast_overrides as withdrawals"
            " where withdrawals.withdraws = overrides.override_id)",
            (hour(7), ids),
        )

        assert [asked(session, channel, units, at) for channel in CHANNELS] == before


@given(book=books, units=means)
@LAW
def test_the_overrides_in_force_name_each_day_once_and_the_one_that_wins(
    session: psycopg.Connection[Any], book: Sequence[Entry], units: list[float]
) -> None:
    assume(book)
    with session.transaction(force_rollback=True):
        ids = record(session, book)
        rows = session.execute(
            "select day - %s, override_id from decisions.overrides_in_force"
            "('shop', 'tea', 'web', %s, %s, 'infinity') order by day",
            (NIGHT, NIGHT + timedelta(days=1), NIGHT + timedelta(days=28)),
        ).fetchall()

    holding = {day: in_force(book, "web", day, 99) for day in range(1, 29)}
    assert rows == [
        (day, ids[entry.created]) for day, entry in holding.items() if entry is not None
    ]


def test_no_forecast_stays_no_forecast(session: psycopg.Connection[Any]) -> None:
    with session.transaction(force_rollback=True):
        record(session, [Entry(None, 1, 28, 2.0, None, 0, None)])

        assert asked(session, "web", None, 9) is None
