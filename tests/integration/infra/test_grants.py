"""Each schema has one writer: of all acts of all roles on all tables, only granted acts work.

Each attempt runs a statement that changes no row, inside a transaction that is rolled back. The
test therefore measures the answer of Postgres and not a reading of its catalogue.
"""

from __future__ import annotations

from typing import get_args

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import tuple_row

from features.platform.settings import Role
from tests.conftest import Db

ROLES: tuple[Role, ...] = get_args(Role)
DBT_SCHEMAS = ("staging", "intermediate", "marts", "serving")
SCHEMAS = ("landed", "raw", "protected", *DBT_SCHEMAS, "scored", "decisions", "audit", "locks")
OWNS = {"select", "insert", "update", "delete", "truncate", "drop", "create"}

# the rights of a role in a schema; a role that is not listed has no rights there
ALLOWED: dict[tuple[str, str], set[str]] = {
    ("ingest", "landed"): OWNS,
    ("score", "landed"): {"select"},
    ("ingest", "raw"): {"select", "insert", "update"},
    ("transform", "raw"): {"select"},
    ("score", "raw"): {"select"},
    **{("transform", schema): OWNS for schema in DBT_SCHEMAS},
    ("ingest", "marts"): {"select"},
    ("score", "marts"): {"select"},
    ("analyst", "serving"): {"select"},
    # ingest selects the subjects of a delivery and no other column
    ("ingest", "protected"): {"insert", "select"},
    ("fairness", "protected"): {"select"},
    ("fairness", "serving"): {"select"},
    ("score", "scored"): OWNS,
    ("score", "decisions"): {"select", "insert", "update"},
    ("transform", "decisions"): {"select"},
    ("ingest", "decisions"): {"select"},
    ("score", "audit"): {"select", "insert"},
    ("transform", "audit"): {"select"},
}

# the only updatable columns of append-only schemas: progress, never facts or pins
UPDATABLE = {
    "raw.ledger_clock": {"is_singleton", "last_known_at", "last_delivery_seq"},
    "raw.deliveries": {
        *("delivery_seq", "state", "reason", "landed_table", "rows_rejected", "rows_duplicate"),
        *("rows_admitted", "first_occurred_at", "last_occurred_at", "known_at", "admitted_at"),
        *("lines_rejected", "lines_duplicate", "lines_admitted", "notes", "changed_at"),
        "decide_from",
    },
    "raw.repeated_deliveries": {"seen_at", "arrived_at", "changed_at", "object_tag"},
    "decisions.runs": {
        *("state", "rows_scored", "rows_degraded", "rows_published", "parquet", "scored_at"),
        *("validated_at", "published_at", "failed_at", "failure"),
    },
    "decisions.leases": {"epoch", "holder_pid", "chunks_done", "renewed_at"},
    "decisions.shadow_runs": {"state", "rows_decided", "seconds", "failure", "ended_at"},
}


@pytest.fixture
def furnished(built: Db) -> Db:
    """Return a warehouse in which every schema has a table."""
    with built.connect("ingest") as connection:
        connection.execute("create unlogged table landed.probe (id text)")
    with built.connect("score") as connection:
        connection.execute("create unlogged table scored.probe (id text)")
    with built.connect("transform") as connection:
        for schema in DBT_SCHEMAS:
            connection.execute(f"create table {schema}.probe (id text)".encode())
    return built


def _tables(db: Db, schema: str) -> list[tuple[str, list[str]]]:
    return db.rows(
        """
        select class.relname, array_agg(attribute.attname::text order by attribute.attnum)
        from pg_class as class
        join pg_attribute as attribute
            on attribute.attrelid = class.oid and attribute.attnum > 0
            and not attribute.attisdropped
        where class.relnamespace = %s::regnamespace
            and class.relkind in ('r', 'p') and not class.relispartition
        group by class.relname
        order by class.relname
        """,
        schema,
    )


def _works(connection: psycopg.Connection[tuple[object, ...]], statement: sql.Composed) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return False
    except psycopg.errors.ReadOnlySqlTransaction:
        return False
    except psycopg.Error:
        return True  # a refusal for another reason shows that the grant exists
    return True


def _statements(schema: str, table: str) -> dict[str, sql.Composed]:
    name = sql.Identifier(schema, table)
    return {
        "select": sql.SQL("select 1 from {} where false").format(name),
        "insert": sql.SQL("insert into {} default values").format(name),
        "delete": sql.SQL("delete from {} where false").format(name),
        "truncate": sql.SQL("truncate {}").format(name),
        "drop": sql.SQL("drop table {} cascade").format(name),
    }


def _updatable(
    connection: psycopg.Connection[tuple[object, ...]], schema: str, table: str, columns: list[str]
) -> set[str]:
    update = sql.SQL("update {} set {} = default where false")
    name = sql.Identifier(schema, table)
    return {
        column
        for column in columns
        if _works(connection, update.format(name, sql.Identifier(column)))
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_role_writes_its_own_schemas_and_no_other(furnished: Db, role: Role) -> None:
    verbs_by_schema: dict[tuple[str, str], set[str]] = {}

    with psycopg.connect(
        furnished.settings.warehouse.conninfo(role), autocommit=True, row_factory=tuple_row
    ) as connection:
        connection.execute("set default_transaction_read_only = off")  # a setting is no protection
        for schema in SCHEMAS:
            verbs = set()
            create = sql.SQL("create table {} (id text)").format(sql.Identifier(schema, "mine"))
            if _works(connection, create):
                verbs.add("create")
            for table, columns in _tables(furnished, schema):
                statements = _statements(schema, table)
                verbs |= {verb for verb, text in statements.items() if _works(connection, text)}
                if _updatable(connection, schema, table, columns):
                    verbs.add("update")
            verbs_by_schema[role, schema] = verbs

    assert {key: verbs for key, verbs in verbs_by_schema.items() if verbs} == {
        key: verbs for key, verbs in ALLOWED.items() if key[0] == role
    }


@pytest.mark.parametrize("role", ROLES)
def test_only_progress_may_be_updated_in_the_ledgers(migrated: Db, role: Role) -> None:
    writers = {"raw": "ingest", "decisions": "score", "audit": "score"}
    updatable_columns = {}

    with psycopg.connect(
        migrated.settings.warehouse.conninfo(role), autocommit=True, row_factory=tuple_row
    ) as connection:
        connection.execute("set default_transaction_read_only = off")
        for schema in writers:
            for table, columns in _tables(migrated, schema):
                if updatable := _updatable(connection, schema, table, columns):
                    updatable_columns[f"{schema}.{table}"] = updatable

    assert updatable_columns == {
        table: columns
        for table, columns in UPDATABLE.items()
        if writers[table.split(".")[0]] == role
    }


def test_no_login_role_owns_a_table_of_the_ledgers(built: Db) -> None:
    owners = built.rows(
        "select distinct tableowner::text from pg_tables "
        "where schemaname in ('raw', 'protected', 'decisions', 'audit', 'locks')"
    )

    assert owners == [("owner",)]


def test_no_role_of_the_project_is_a_superuser_or_reads_files(migrated: Db) -> None:
    powerful = migrated.rows(
        "select rolname::text from pg_roles where rolname = any(%s) and (rolsuper or "
        "rolbypassrls or rolcreaterole or rolcreatedb or rolreplication "
        "or pg_has_role(oid, 'pg_read_server_files', 'member') "
        "or pg_has_role(oid, 'pg_execute_server_program', 'member'))",
        [*ROLES, "owner"],
    )

    assert powerful == []


def test_an_analyst_reads_only_served_tables(built: Db) -> None:
    with built.connect("analyst") as connection:
        served = connection.execute("select count(*) from serving.decision_runs").fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select count(*) from decisions.runs")

    assert served == (0,)
