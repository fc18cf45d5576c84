"""Roles, databases and migrations of a warehouse, on any Postgres that answers.

Every start repeats all of it, so that a start that was cut at any statement is completed by the
next one, and what somebody changed by hand is set right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

MIGRATIONS = Path(__file__).parent / "migrations"
JOB_ROLES = ("ingest", "transform", "score")
READER_ROLES = ("analyst", "fairness")
LOGIN_ROLES = (*JOB_ROLES, *READER_ROLES)

# A session may lift these for itself, the last one excepted: they are for readers who forget
# something. What holds against readers who mean it are the grants and limits below.
_READER_SETTINGS = {
    "lock_timeout": "5s",
    "statement_timeout": "300s",
    "transaction_timeout": "900s",
    "idle_in_transaction_session_timeout": "60s",
    "idle_session_timeout": "1h",
    "default_transaction_read_only": "on",
    "max_parallel_workers_per_gather": "0",  # the cores belong to the jobs
    "temp_file_limit": "2GB",
}

# A session that waits or idles holds up everybody else; each role says how long is too long.
ROLE_SETTINGS: dict[str, dict[str, str]] = {
    "ingest": {"lock_timeout": "60s", "idle_in_transaction_session_timeout": "300s"},
    "transform": {"lock_timeout": "60s", "idle_in_transaction_session_timeout": "300s"},
    "score": {"lock_timeout": "30s", "idle_in_transaction_session_timeout": "300s"},
    "analyst": _READER_SETTINGS,
    "fairness": _READER_SETTINGS,
}

#: Sessions at once of one role; a role that is not named may have all that the server has.
CONNECTION_LIMITS = {"analyst": 20, "fairness": 5}

#: Functions that Postgres lets everybody call and no login role needs, as one regular expression.
WITHHELD_FUNCTIONS = "|".join(
    (
        "pg_(try_)?advisory_.*",  # fill the one table of locks that all sessions share
        "lo_.*|loread|lowrite",  # large objects: rows without a schema, hence without a grant
        "pg_notify",
        "pg_logical_emit_message",  # writes to the log of the server
        # lock tables that the caller may not read, until its transaction ends
        "pg_get_viewdef|pg_get_ruledef|pg_partition_tree|pg_get_partition_constraintdef",
        "nextval|currval|setval|pg_sequence_last_value|pg_get_sequence_data",  # of any table
        # wait for a table that the caller does not own, and end its autovacuum
        "brin_(de)?summarize_.*|gin_clean_pending_list",
    )
)

_PATIENCE = "30s"


def create_roles(superuser: str, passwords: Mapping[str, str]) -> None:
    """Bring the cluster's roles to their state: `owner`, which cannot log in, and the login roles.

    Ends the open transactions of readers: they could hold up a start, and a reader may change its
    own password and settings, which are reset here.

    Args:
        superuser: connection string of a superuser.
        passwords: by login role; extra names become plain login roles (Airflow's, MLflow's).
    """
    with _session(superuser) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
            "where usename = any(%s) and xact_start is not null",
            (list(READER_ROLES),),
        )
        if "owner" not in _roles(connection):
            connection.execute("create role owner nologin")
        for role, password in passwords.items():
            with connection.transaction():
                _bring_to_state(connection, role, password)
        if _roles(connection) >= set(LOGIN_ROLES):
            # lets migrations state what these two grant on tables that they will create
            connection.execute("grant ingest, transform to owner")
            # and lets a function of the owner's end the readers' sessions, and nobody else's
            connection.execute("grant analyst, fairness to owner")
        # a session in a template would stop the next database from being made
        connection.execute("revoke all on database postgres, template1 from public")


def _roles(connection: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in connection.execute("select rolname from pg_roles")}


def _bring_to_state(connection: psycopg.Connection[Any], role: str, password: str) -> None:
    """Make a login role, or reset whatever it has: attributes, password and settings."""
    name = sql.Identifier(role)
    if role not in _roles(connection):
        connection.execute(sql.SQL("create role {}").format(name))
    connection.execute(
        sql.SQL(
            "alter role {} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls "
            "connection limit {} password {}"
        ).format(name, sql.Literal(CONNECTION_LIMITS.get(role, -1)), sql.Literal(password))
    )
    databases = connection.execute(
        "select datname from pg_db_role_setting inner join pg_database as database "
        "on database.oid = setdatabase inner join pg_roles as role on role.oid = setrole "
        "where rolname = %s",
        (role,),
    ).fetchall()
    for (database,) in databases:
        connection.execute(
            sql.SQL("alter role {} in database {} reset all").format(name, sql.Identifier(database))
        )
    connection.execute(sql.SQL("alter role {} reset all").format(name))
    for key, value in ROLE_SETTINGS.get(role, {}).items():
        connection.execute(
            sql.SQL("alter role {} set {} = {}").format(
                name, sql.Identifier(key), sql.Literal(value)
            )
        )


def create_database(superuser: str, database: str, owner: str, template: str | None = None) -> None:
    """Make a database that only its owner and the named roles may enter; keep an existing one.

    Args:
        superuser: connection string of a superuser.
        database: its name.
        owner: its role; `owner` stands for a warehouse.
        template: the database that a new one is a copy of.
    """
    name = sql.Identifier(database)
    with _session(superuser) as connection:
        if not connection.execute(
            "select 1 from pg_database where datname = %s", (database,)
        ).fetchone():
            # a copy by files costs half as much as one through the write-ahead log
            connection.execute(
                sql.SQL("create database {} owner {} template {} strategy {}").format(
                    name,
                    sql.Identifier(owner),
                    sql.Identifier(template or "template1"),
                    sql.Identifier("file_copy" if template else "wal_log"),
                )
            )
        connection.execute(sql.SQL("alter database {} set timezone to 'UTC'").format(name))
        connection.execute(sql.SQL("revoke all on database {} from public").format(name))
        if owner == "owner":
            _admit_roles(connection, name)
    if owner == "owner" and not template:  # a copy has the functions' rights of its template
        with _session(make_conninfo(superuser, dbname=database)) as connection:
            _withhold_functions(connection)


def _admit_roles(connection: psycopg.Connection[Any], database: sql.Identifier) -> None:
    """Let the roles into a warehouse; readers may make no temporary tables, which fill the disk."""
    jobs, readers = (
        sql.SQL(", ").join(map(sql.Identifier, roles)) for roles in (JOB_ROLES, READER_ROLES)
    )
    connection.execute(
        sql.SQL("grant connect, temporary on database {} to {}").format(database, jobs)
    )
    connection.execute(sql.SQL("grant connect on database {} to {}").format(database, readers))
    connection.execute(sql.SQL("revoke temporary on database {} from {}").format(database, readers))


def _withhold_functions(connection: psycopg.Connection[Any]) -> None:
    found = connection.execute(
        "select string_agg(oid::regprocedure::text, ', ') from pg_proc "
        "where pronamespace = 'pg_catalog'::regnamespace and prokind = 'f' and proname ~ %s",
        (f"^({WITHHELD_FUNCTIONS})$",),
    ).fetchone()
    if found and found[0]:
        # what runs for the jobs runs as `owner`
        connection.execute(f"grant execute on function {found[0]} to owner".encode())
        connection.execute(f"revoke execute on function {found[0]} from public".encode())


@contextmanager
def _session(superuser: str) -> Iterator[psycopg.Connection[Any]]:
    """Open a session that gives up where somebody holds what it needs."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"set lock_timeout = '{_PATIENCE}'".encode())
        yield connection


def migrate(superuser: str) -> list[str]:
    """Apply the migrations that this database lacks, each in one transaction; return their names.

    Args:
        superuser: connection string of a superuser to the warehouse database itself; the work is
            done as role `owner`.
    """
    applied: list[str] = []
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("set role owner")
        connection.execute(
            "create table if not exists public.migrations ("
            "name text primary key, applied_at timestamptz not null default clock_timestamp())"
        )
        done = {name for (name,) in connection.execute("select name from public.migrations")}
        for path in sorted(MIGRATIONS.glob("*.sql")):
            if path.stem in done:
                continue
            with connection.transaction():
                connection.execute("set local search_path = pg_catalog")
                connection.execute(path.read_text().encode())
                connection.execute("insert into public.migrations (name) values (%s)", (path.stem,))
            applied.append(path.stem)
    return applied
