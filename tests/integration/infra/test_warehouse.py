"""Roles, databases and migrations on a real Postgres."""

from __future__ import annotations

import uuid

import psycopg
import pytest

from infra.local.postgres import Cluster
from infra.postgres import warehouse
from tests.conftest import Db

SCHEMA_QUERY = """
select table_schema, table_name, column_name, data_type
from information_schema.columns
where table_schema in ('raw', 'decisions', 'audit')
order by 1, 2, 3
"""


def test_migrations_applied_again_change_nothing(migrated: Db) -> None:
    before = migrated.rows(SCHEMA_QUERY)
    superuser = migrated.cluster.conninfo(migrated.settings.warehouse.database)

    applied = warehouse.migrate(superuser)

    assert applied == []
    assert migrated.rows(SCHEMA_QUERY) == before


def test_every_migration_is_recorded_once(migrated: Db) -> None:
    recorded = [name for (name,) in migrated.rows("select name from public.migrations order by 1")]

    assert recorded == sorted(path.stem for path in warehouse.MIGRATIONS.glob("*.sql"))


def test_roles_and_databases_may_be_made_again(cluster: Cluster) -> None:
    name = f"again_{uuid.uuid4().hex[:8]}"

    for _ in range(2):
        warehouse.create_roles(cluster.conninfo(), {"guest": "guest-password"})
        warehouse.create_database(cluster.conninfo(), name, "guest")

    with psycopg.connect(
        f"host=127.0.0.1 port={cluster.port} user=guest password=guest-password dbname={name}"
    ) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        connection.execute(f"drop database {name}".encode())


def test_a_wrong_password_is_refused(migrated: Db) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            f"host=127.0.0.1 port={migrated.cluster.port} user=analyst password=guess "
            f"dbname={migrated.settings.warehouse.database}"
        )


def test_an_analyst_who_forgets_a_transaction_holds_nobody_up(migrated: Db) -> None:
    with migrated.connect("analyst") as connection:
        shown = [
            connection.execute(f"show {name}".encode()).fetchone()
            for name in (
                "idle_in_transaction_session_timeout",
                "statement_timeout",
                "default_transaction_read_only",
            )
        ]

    assert shown == [("1min",), ("5min",), ("on",)]
