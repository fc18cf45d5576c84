"""Each schema has one writer: the database refuses writes of every other role."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg.errors import InsufficientPrivilege

FORBIDDEN = [
    ("ingest", "insert into decisions.runs default values"),
    ("ingest", "insert into decisions.transaction_decisions default values"),
    ("ingest", "create table marts.x (i integer)"),
    ("ingest", "create table serving.x (i integer)"),
    ("ingest", "insert into audit.events default values"),
    ("ingest", "update raw.transactions set amount_minor = 0"),
    ("ingest", "delete from raw.transactions"),
    ("ingest", "update raw.deliveries set rows_in_file = 0"),
    ("ingest", "drop table raw.transactions"),
    ("score", "insert into raw.transactions default values"),
    ("score", "update raw.ledger_clock set last_known_at = now()"),
    ("score", "create table landed.x (i integer)"),
    ("transform", "insert into raw.fx_rates default values"),
    ("transform", "insert into decisions.runs default values"),
    ("analyst", "select from raw.transactions"),
]


@pytest.mark.parametrize(("role", "statement"), FORBIDDEN)
def test_a_role_cannot_write_the_tables_of_another_role(
    shared_intake: Any, role: str, statement: str
) -> None:
    with shared_intake.db.connect(role) as connection:
        connection.execute("set default_transaction_read_only = off")

        with pytest.raises(InsufficientPrivilege):
            connection.execute(statement)


def test_score_may_read_landed_tables(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))
    table = intake.receive()[0].landed_table

    with intake.db.connect("score") as connection:
        assert connection.execute(f"select count(*) from {table}").fetchone() == (1,)
