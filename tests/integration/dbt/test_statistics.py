"""A first load has statistics before its build, so that its joins are planned with them."""

from __future__ import annotations

import psycopg
import pytest

from tests.builders import NOON, a_label, insert_labels
from tests.conftest import Db

CALL = "select raw.gather_statistics()"


def rows_known(db: Db, table: str) -> float:
    """Return the planner's number of rows of a table; -1 if it was never analysed."""
    ((count,),) = db.rows("select reltuples from pg_class where oid = %s::regclass", table)
    return float(count)


def test_a_build_first_analyses_the_tables_without_statistics(migrated: Db) -> None:
    insert_labels(migrated, [a_label(f"t{number}", NOON) for number in range(2_000)])

    with migrated.connect("transform") as connection:
        connection.execute(CALL)
    with migrated.connect("transform") as connection:
        again = connection.execute(CALL).fetchone()

    assert rows_known(migrated, "raw.transaction_labels") == 2_000
    assert rows_known(migrated, "raw.fx_rates") == -1  # a small table is read whole anyway
    assert again == (0,)


@pytest.mark.parametrize("role", ["ingest", "score", "analyst", "fairness"])
def test_only_a_build_may_ask_for_it(migrated: Db, role: str) -> None:
    with (
        migrated.connect(role) as connection,  # type: ignore[arg-type]
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(CALL)


def test_every_build_asks_for_it() -> None:
    from features.build import PROJECT

    assert f'on-run-start: ["{CALL}"' in (PROJECT / "dbt_project.yml").read_text()
