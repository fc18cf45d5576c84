"""A job over nights claims one night at a time, and reads the look-back of that night alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from psycopg import sql

from features.platform.errors import ContractError
from scoring.runs import gaps, population
from scoring.runs.job import quoted
from scoring.runs.population import Scope
from scoring.runs.request import Kind, Request
from scoring.runs.run_tables import RunTables
from scoring.segments.job import JOB
from tests.integration.ingest.conftest import Intake
from tests.integration.ingest.test_nights import line, shop, take

__all__ = ["shop"]
DAY = timedelta(days=1)
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 5, tzinfo=UTC)


@pytest.fixture
def open_shop(shop: Intake) -> Intake:
    """Take in four days of sales, with a customer whose id has a slash."""
    for number in range(4):
        day = f"{FIRST + number * DAY:%Y-%m-%d}"
        take(shop, f"{number}.csv", line("c1", day), line(f"new/{number}", day))
    return shop


def claimed(shop: Intake, scope: Scope) -> list[str]:
    """Return the ids that a run of a scope claims."""
    tables = RunTables(uuid4())
    with shop.db.connect("score") as connection:
        population.make(connection, JOB, tables, scope, 100)
        rows = connection.execute(
            sql.SQL("select customer_night_id from {} order by 1").format(quoted(tables.claim))
        ).fetchall()
        connection.rollback()
    return [name for (name,) in rows]


def in_window(day: datetime, cutoff: datetime | None = None) -> Scope:
    return Scope(Kind.SCHEDULED, (day, day + DAY), cutoff or datetime.now(UTC), None)


def test_a_window_claims_the_customers_of_its_night(open_shop: Intake) -> None:
    assert claimed(open_shop, in_window(FIRST + DAY)) == [
        *("m1/c1/2026-03-02", "m1/new%2F0/2026-03-02", "m1/new%2F1/2026-03-02")
    ]


def test_a_night_is_not_claimed_before_it_is_known(open_shop: Intake) -> None:
    [(known_at,)] = open_shop.rows(
        "select known_at - interval '1 microsecond' from raw.sales_nights where day = '2026-03-02'"
    )

    assert claimed(open_shop, in_window(FIRST + DAY, known_at)) == []


def test_a_named_night_is_found_by_its_id(open_shop: Intake) -> None:
    ids = ["m1/new%2F1/2026-03-04", "m1/c1/2026-02-31", "no night", "m1/c9/2026-03-04"]
    scope = Scope(Kind.CASE, (FIRST, FIRST + DAY), datetime.now(UTC), ids)

    assert claimed(open_shop, scope) == ["m1/new%2F1/2026-03-04"]


def test_the_first_window_to_decide_is_that_of_the_first_night(open_shop: Intake) -> None:
    with open_shop.db.connect("score") as connection:
        windows = gaps.undecided(connection, JOB, NOW)

    assert [(window.start, window.rows_pending) for window in windows] == [
        (FIRST + number * DAY, number + 2) for number in range(4)
    ]


def test_several_nights_are_no_window_of_one_run() -> None:
    request = Request(FIRST, FIRST + 3 * DAY, Kind.MANUAL, "ann")

    assert request.exceeds(JOB.cadence)
    with pytest.raises(ContractError, match="a night follows the night before"):
        request.check_size(1, 0)
    request.check_size(0, 0)


def test_a_night_reads_the_blocks_of_its_look_back_and_no_others(shop: Intake) -> None:
    shop.db.rows(FOUR_YEARS)
    take(shop, "a.csv", line("c1", "2026-02-28"), line("c1", "2026-03-01"))

    found = plan(shop, "day_at = '2026-03-01Z'")

    [(blocks,)] = shop.rows("select pg_relation_size('raw.sales') / 8192")
    read = sum(map(int, re.findall(r"(?:hit|read)=(\d+)", found.split("Buffers:")[1])))
    assert "sales_time" in found
    assert "Seq Scan on sales " not in found
    assert 0 < read < 0.5 * blocks


#: A line an hour for four years, straight into the table, with its statistics.
FOUR_YEARS = """
insert into raw.sales (
    sale_line_id, version, content_digest, delivery_id, delivery_seq, row_number, occurred_at,
    known_at, is_history, merchant_id, order_id, customer_id, product_id, quantity,
    unit_price_minor, unit_price_base_minor, currency_code, event, is_merchandise
)
select
    'l' || hour, 1, '', gen_random_uuid(), 0, hour, moment, moment, false, 'm1', 'o' || hour,
    'c' || hour % 500, 'p1', 1, 100, 100, 'USD', 'sale', true
from generate_series(1, 4 * 365 * 24) as hours (hour)
cross join lateral (select timestamptz '2022-03-01Z' + hour * interval '1 hour') as at (moment)
returning 1
"""


def plan(shop: Intake, condition: str) -> str:
    """Return the plan of a query on customer nights, as Postgres carried it out."""
    with shop.db.superuser() as connection:
        connection.execute("analyze raw.sales")
        rows: list[tuple[Any, ...]] = connection.execute(
            "explain (analyze, costs off, timing off, summary off) "
            f"select * from raw.customer_nights where {condition}".encode()
        ).fetchall()
    return "\n".join(row for (row,) in rows)
