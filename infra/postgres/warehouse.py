"""Create the roles and databases of a warehouse and apply its migrations, on any Postgres.

Every start repeats all statements. So the next start completes an interrupted one, and resets
manual changes.
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
#: The group of the logins of merchants; `merchants.py` creates them.
MERCHANT = "merchant"

# A session may change these settings, except the last. They protect against a careless reader. The
# grants and limits below protect against a hostile reader.
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

# A session that waits or idles blocks other sessions, so each role has limits.
ROLE_SETTINGS: dict[str, dict[str, str]] = {
    "ingest": {"lock_timeout": "60s", "idle_in_transaction_session_timeout": "300s"},
    "transform": {"lock_timeout": "60s", "idle_in_transaction_session_timeout": "300s"},
    "score": {"lock_timeout": "30s", "idle_in_transaction_session_timeout": "300s"},
    "analyst": _READER_SETTINGS,
    "fairness": _READER_SETTINGS,
    MERCHANT: _READER_SETTINGS,
}

#: Concurrent sessions per role; other roles have only the limit of the server.
CONNECTION_LIMITS = {"analyst": 20, "fairness": 5, MERCHANT: 5}

#: Functions that any role may call by default and no login role needs, as a regular expression.
WITHHELD_FUNCTIONS = "|".join(
    (
        "pg_(try_)?advisory_.*",  # fill the lock table that all sessions share
        "lo_.*|loread|lowrite",  # large objects have no schema, so no grant protects them
        "pg_notify",
        "pg_logical_emit_message",  # writes to the log of the server
        # lock tables that the caller may not read until its transaction ends
        "pg_get_viewdef|pg_get_ruledef|pg_partition_tree|pg_get_partition_constraintdef",
        "nextval|currval|setval|pg_sequence_last_value|pg_get_sequence_data",  # of any table
        # wait for a table that the caller does not own, and end its autovacuum
        "brin_(de)?summarize_.*|gin_clean_pending_list",
    )
)

_PATIENCE = "30s"


def create_roles(superuser: str, passwords: Mapping[str, str]) -> None:
    """Create or reset the cluster's roles: two that cannot log in, and the login roles.

    `owner` owns the tables of the jobs, and `merchant` is the group of the merchants' logins. The
    function ends the open transactions of readers, because they could block a start. It also resets
    each reader's password and settings, because a reader may change them; a merchant keeps its
    password.

    Args:
        superuser: connection string of a superuser.
        passwords: by login role; extra names become plain login roles (Airflow's, MLflow's).
    """
    with session(superuser) as connection:
        for group in ("owner", MERCHANT):
            if group not in _roles(connection):
                connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(group)))
        merchants = _logins_of_merchants(connection)
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
            "where usename = any(%s) and xact_start is not null",
            ([*READER_ROLES, *merchants],),
        )
        for role, password in passwords.items():
            with connection.transaction():
                reset_role(connection, role, password, role)
        for login in merchants:
            with connection.transaction():
                reset_role(connection, login, None, MERCHANT)
        if _roles(connection) >= set(LOGIN_ROLES):
            # so that migrations can set these roles' default privileges
            connection.execute("grant ingest, transform to owner")
            # so that a function of `owner` can end the readers' sessions, and only these
            connection.execute("grant analyst, fairness to owner")
        # an open session in a template would block the creation of a database
        connection.execute("revoke all on database postgres, template1 from public")


def _roles(connection: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in connection.execute("select rolname from pg_roles")}


def _logins_of_merchants(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute(
        "select member.rolname from pg_auth_members inner join pg_roles as member "
        "on member.oid = pg_auth_members.member where roleid = to_regrole(%s) order by 1",
        (MERCHANT,),
    )
    return [name for (name,) in rows]


def reset_role(
    connection: psycopg.Connection[Any], role: str, password: str | None, kind: str
) -> None:
    """Create a login role if it is missing; set its attributes, password and settings.

    Args:
        connection: of a superuser.
        role: the name.
        password: None keeps that of an existing role.
        kind: the role or the group whose settings and limits hold.
    """
    name = sql.Identifier(role)
    if role not in _roles(connection):
        connection.execute(sql.SQL("create role {}").format(name))
    connection.execute(
        sql.SQL(
            "alter role {} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls "
            "connection limit {}"
        ).format(name, sql.Literal(CONNECTION_LIMITS.get(kind, -1)))
    )
    if password is not None:
        connection.execute(sql.SQL("alter role {} password {}").format(name, sql.Literal(password)))
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
    for key, value in ROLE_SETTINGS.get(kind, {}).items():
        connection.execute(
            sql.SQL("alter role {} set {} = {}").format(
                name, sql.Identifier(key), sql.Literal(value)
            )
        )


def create_database(superuser: str, database: str, owner: str, template: str | None = None) -> None:
    """Create a database that only its owner and the granted roles may enter; keep an existing one.

    Args:
        superuser: connection string of a superuser.
        database: name of the database.
        owner: role of its owner; a database of role `owner` is a warehouse.
        template: the database to copy.
    """
    name = sql.Identifier(database)
    with session(superuser) as connection:
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
        with session(make_conninfo(superuser, dbname=database)) as connection:
            _withhold_functions(connection)


def _admit_roles(connection: psycopg.Connection[Any], database: sql.Identifier) -> None:
    """Grant the roles access to a warehouse; readers may not fill the disk by temporary tables."""
    jobs, readers = (
        sql.SQL(", ").join(map(sql.Identifier, roles))
        for roles in (JOB_ROLES, (*READER_ROLES, MERCHANT))
    )
    connection.execute(
        sql.SQL("grant connect, temporary on database {} to {}").format(database, jobs)
    )
    connection.execute(sql.SQL("grant connect on database {} to {}").format(database, readers))
    connection.execute(sql.SQL("revoke temporary on database {} from {}").format(database, readers))


def _withhold_functions(connection: psycopg.Connection[Any]) -> None:
    row = connection.execute(
        "select string_agg(oid::regprocedure::text, ', ') from pg_proc "
        "where pronamespace = 'pg_catalog'::regnamespace and prokind = 'f' and proname ~ %s",
        (f"^({WITHHELD_FUNCTIONS})$",),
    ).fetchone()
    if row and (functions := row[0]):
        # the jobs' functions run as `owner`
        connection.execute(f"grant execute on function {functions} to owner".encode())
        connection.execute(f"revoke execute on function {functions} from public".encode())


@contextmanager
def session(superuser: str) -> Iterator[psycopg.Connection[Any]]:
    """Open a session that gives up if another session holds a lock too long."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"set lock_timeout = '{_PATIENCE}'".encode())
        yield connection


def migrate(superuser: str) -> list[str]:
    """Apply the missing migrations, each in one transaction; return their names.

    Args:
        superuser: connection string of a superuser to the warehouse database; the migrations run as
            role `owner`.
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
