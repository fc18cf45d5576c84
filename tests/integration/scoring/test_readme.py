"""The queries and commands of the README work as written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.builders import NOON, a_label, a_transaction, insert_labels
from tests.integration.scoring.conftest import HOUR, Bench
from tests.integration.scoring.lender import Lender, a_day_of_applications

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text()
QUERIES = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"`make ([a-z]+)", README) + re.findall(r"^make ([a-z]+)", README, re.M)


def test_every_query_runs_as_an_analyst_and_returns_rows(bench: Bench, lender: Lender) -> None:
    bench.admit(
        [
            a_transaction(transaction_id="declined", amount_minor=20_000),
            a_transaction(transaction_id="approved", amount_minor=100),
            a_transaction(transaction_id="reviewed", currency_code="CHF", amount_base_minor=None),
        ]
    )
    bench.decide()
    insert_labels(bench.db, [a_label("approved", NOON + 24 * HOUR)])
    lender.admit(a_day_of_applications())
    lender.decide()

    assert QUERIES
    with bench.db.connect("analyst") as connection:
        for query in QUERIES:
            assert connection.execute(query.encode()).fetchall(), query


def test_an_analyst_sees_only_serving(bench: Bench) -> None:
    with bench.db.connect("analyst") as connection:
        schemas = connection.execute(
            "select distinct table_schema from information_schema.table_privileges "
            "where grantee = 'analyst'"
        ).fetchall()

    assert schemas == [("serving",)]


@pytest.mark.parametrize("target", sorted(set(COMMANDS)))
def test_every_make_command_of_the_readme_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_view_that_analysts_have_is_described(bench: Bench) -> None:
    views = bench.db.rows("select viewname from pg_views where schemaname = 'serving'")

    assert {name for (name,) in views} == set(re.findall(r"^\| `serving\.(\w+)`", README, re.M))
