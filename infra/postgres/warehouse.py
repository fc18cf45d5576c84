"""Roles, databases and migrations of a warehouse, on any Postgres that answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

MIGRATIONS = Path(__file__).parent / "migrations"
LOGIN_ROLES = ("ingest", "transform", "score", "analyst", "fairness")

# A session that waits or idles holds up everybody else; each role says how long is too long.
ROLE_SETTINGS: dict[str, dict[str, str]] = {
    "ingest": {"lock_timeout": "60s", "idle_in_transaction_session_timeout": "300s"},
    "transform": {"lock_timeout": "60s", "idle_in_transaction_session_timeout": "300s"},
    "score": {"lock_timeout": "30s", "idle_in_transaction_session_timeout": "300s"},
    "analyst": {
        "lock_timeout": "5s",
        "statement_timeout": "300s",
        "idle_in_transaction_session_timeout": "60s",
        "default_transaction_read_only": "on",
    },
    "fairness": {
        "lock_timeout": "5s",
        "statement_timeout": "300s",
        "idle_in_transaction_session_timeout": "60s",
        "default_transaction_read_only": "on",
    },
}


def create_roles(superuser: str, passwords: Mapping[str, str]) -> None:
    """Create or update the cluster's roles: `owner`, which cannot log in, and the login roles.

    Args:
        superuser: connection string of a superuser.
        passwords: by login role; extra names become plain login roles (Airflow's, MLflow's).
    """
    with psycopg.connect(superuser, autocommit=True) as connection:
        existing = {name for (name,) in connection.execute("select rolname from pg_roles")}
        if "owner" not in existing:
            connection.execute("create role owner nologin")
        made = set(existing)
        for role, password in passwords.items():
            name = sql.Identifier(role)
            if role not in existing:
                connection.execute(sql.SQL("create role {} login").format(name))
                made.add(role)
            connection.execute(
                sql.SQL("alter role {} password {}").format(name, sql.Literal(password))
            )
            for key, value in ROLE_SETTINGS.get(role, {}).items():
                connection.execute(
                    sql.SQL("alter role {} set {} = {}").format(
                        name, sql.Identifier(key), sql.Literal(value)
                    )
                )
        if made >= set(LOGIN_ROLES):
            # lets migrations state what these two grant on tables that they will create
            connection.execute("grant ingest, transform to owner")


def create_database(superuser: str, database: str, owner: str, template: str | None = None) -> None:
    """Create a database that only its owner and the named roles may enter; keep an existing one."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        if connection.execute(
            "select 1 from pg_database where datname = %s", (database,)
        ).fetchone():
            return
        name = sql.Identifier(database)
        connection.execute(
            sql.SQL("create database {} owner {} template {}").format(
                name, sql.Identifier(owner), sql.Identifier(template or "template1")
            )
        )
        connection.execute(sql.SQL("alter database {} set timezone to 'UTC'").format(name))
        connection.execute(sql.SQL("revoke all on database {} from public").format(name))
        if owner == "owner":
            roles = sql.SQL(", ").join(map(sql.Identifier, LOGIN_ROLES))
            connection.execute(
                sql.SQL("grant connect, temporary on database {} to {}").format(name, roles)
            )


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
