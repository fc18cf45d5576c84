"""The seam to Postgres names its statements, returns certain rows, and never quotes row values."""

from __future__ import annotations

import pickle
import socket
import traceback
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from features.platform import database
from features.platform.errors import (
    ConfigurationError,
    ContractError,
    StatementError,
    WarehouseUnavailableError,
)
from features.platform.settings import Warehouse
from tests.conftest import Db

CARD = "4242-account-of-a-customer"


@pytest.fixture
def session(migrated: Db) -> Iterator[psycopg.Connection[Any]]:
    with database.connect(migrated.settings.warehouse, "score") as connection:
        yield connection


def test_a_session_has_its_role_and_commits_each_statement(migrated: Db) -> None:
    with database.connect(migrated.settings.warehouse, "ingest") as connection:
        assert connection.autocommit
        assert database.fetch_one(connection, "read the role", "select current_user") == ("ingest",)
    with database.connect(migrated.settings.warehouse, "ingest", autocommit=False) as connection:
        assert not connection.autocommit


def test_a_server_that_does_not_answer_is_unavailable_and_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    warehouse = Warehouse.model_validate({"port": port, "score_password": CARD})

    with pytest.raises(
        WarehouseUnavailableError, match=rf"127.0.0.1:{port} gives role 'score'"
    ) as e:
        database.connect(warehouse, "score")

    assert CARD not in str(e.value)


def test_a_refused_password_is_unavailable_and_a_missing_one_is_a_configuration_error(
    migrated: Db,
) -> None:
    warehouse = migrated.settings.warehouse
    wrong = Warehouse.model_validate(
        {"port": warehouse.port, "database": warehouse.database, "score_password": CARD}
    )

    with pytest.raises(WarehouseUnavailableError, match="password authentication failed") as error:
        database.connect(wrong, "score")
    with pytest.raises(ConfigurationError, match="SCORING_WAREHOUSE__INGEST_PASSWORD"):
        database.connect(wrong, "ingest")

    assert CARD not in str(error.value)


def test_a_missing_certain_row_is_an_error_with_the_name_of_the_statement(
    session: psycopg.Connection[Any],
) -> None:
    with pytest.raises(ContractError, match="read the newest run: the statement has no row"):
        database.fetch_one(session, "read the newest run", "select 1 where false")

    assert database.fetch_optional(session, "read a run", "select 1 where false") is None
    assert database.fetch_optional(session, "read a run", "select %s::int", (7,)) == (7,)
    assert database.fetch_all(session, "read runs", "select generate_series(1, 2)") == [(1,), (2,)]


def test_rows_have_the_form_that_the_cursor_gives(session: psycopg.Connection[Any]) -> None:
    with session.cursor(row_factory=dict_row) as cursor:
        row = database.fetch_one(cursor, "read a number", "select 1 as number")

    assert row == {"number": 1}


@pytest.mark.parametrize(
    ("statement", "sqlstate", "error_class"),
    [
        ("select '{}'::int", "22P02", "InvalidTextRepresentation"),
        ("do $$ begin raise exception '{}'; end $$", "P0001", "RaiseException"),
        ("insert into keys values ('{}'), ('{}')", "23505", "UniqueViolation"),
    ],
)
def test_an_error_names_the_statement_and_quotes_no_row(
    migrated: Db, statement: str, sqlstate: str, error_class: str
) -> None:
    with migrated.superuser() as session:
        session.execute("create temporary table keys (key text constraint one_key primary key)")
        with pytest.raises(StatementError) as raised:
            database.fetch_one(session, "count keys", statement.replace("{}", CARD).encode())

    error = raised.value
    assert (error.name, error.sqlstate, error.error_class) == ("count keys", sqlstate, error_class)
    assert str(error).startswith(
        f"count keys: Postgres refuses the statement: {error_class} (SQLSTATE {sqlstate}"
    )
    assert CARD not in "".join(traceback.format_exception(error))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 - our own bytes


def test_an_error_names_the_table_that_is_missing_or_forbidden(
    session: psycopg.Connection[Any],
) -> None:
    with pytest.raises(StatementError, match=r'read it: .*42P01\): relation "no.such" does not'):
        database.fetch_all(session, "read it", 'select * from "no.such"')
    with pytest.raises(StatementError, match=r"write it: .*42501\): permission denied for table"):
        database.fetch_all(session, "write it", "delete from raw.deliveries")


def test_a_cancelled_statement_is_refused_and_the_session_continues(
    session: psycopg.Connection[Any],
) -> None:
    session.execute("set statement_timeout = '5ms'")

    with pytest.raises(StatementError, match=r"wait: .*QueryCanceled"):
        database.fetch_one(session, "wait", "select pg_sleep(5)")

    assert database.fetch_one(session, "read a number", "select 1") == (1,)


def test_a_session_ended_by_the_server_is_a_lost_warehouse(
    migrated: Db, session: psycopg.Connection[Any]
) -> None:
    with migrated.superuser() as superuser:
        superuser.execute("select pg_terminate_backend(%s)", (session.info.backend_pid,))

    for _ in range(2):  # the first error comes from the server, the second from the driver
        with pytest.raises(WarehouseUnavailableError, match=r"count runs: the connection .* lost"):
            database.fetch_one(session, "count runs", "select count(*) from decisions.runs")


def test_a_relation_exists_or_does_not(session: psycopg.Connection[Any]) -> None:
    assert database.relation_exists(session, "decisions.runs")
    assert not database.relation_exists(session, "decisions.no_such_table")
