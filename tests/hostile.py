"""Hostile readers try every act of a read-only login that could stall a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg

Session: TypeAlias = psycopg.Connection[Any]

MODES = (
    *("access share", "row share", "row exclusive", "share update exclusive", "share"),
    *("share row exclusive", "exclusive", "access exclusive"),
)
#: Settings that a session may lift for itself; a reader's wait for locks stays short for the test.
GUARDS = (
    *("statement_timeout", "transaction_timeout", "idle_session_timeout"),
    *("idle_in_transaction_session_timeout", "default_transaction_read_only"),
)
#: Numbers of the advisory locks of earlier versions, and some unused numbers.
KEYS = (4242001, 4242002, 4242003, 4242010, 1, 0)

_SERVED = "select oid::regclass::text from pg_class where relnamespace = 'serving'::regnamespace"
#: One relation of each schema and kind, and every relation of runs.
_NUMBERS = """
select oid from pg_class
where relkind in ('r', 'v', 'p', 'i', 'I') and oid in (
    select min(oid) from pg_class where oid > 16383 group by relnamespace, relkind
    union all
    select oid from pg_class where relnamespace = 'scored'::regnamespace
)
"""
#: Functions that take a table by its number, whatever the caller's rights.
_BY_NUMBER = """
select format('select %s(%%s%s)', proname, case pronargs when 2 then ', 0' else '' end)
from pg_proc
where
    pronamespace = 'pg_catalog'::regnamespace and prokind = 'f' and not proretset
    and prorettype not in ('trigger'::regtype, 'internal'::regtype)
    and has_function_privilege(oid, 'execute')
    and (
        (pronargs = 1 and proargtypes[0] in ('oid'::regtype, 'regclass'::regtype))
        or (
            pronargs = 2 and proargtypes[0] in ('oid'::regtype, 'regclass'::regtype)
            and proargtypes[1] in ('integer'::regtype, 'bigint'::regtype)
        )
    )
    and proname !~ '^(pg_stat_|lo_|pg_database|pg_tablespace|pg_sleep)'
union all
select 'select pg_partition_tree(%s)'
union all
select 'select pg_get_viewdef(%s, true)'
"""


def _names(session: Session, query: str) -> list[str]:
    return [str(name) for (name,) in session.execute(query.encode()).fetchall()]


def _try(session: Session, statement: str) -> None:
    """Run a statement; its locks remain, and a refusal does not end the other statements."""
    try:
        with session.transaction():
            session.execute(statement.encode())
    except psycopg.Error:
        return


def advisory_locks(session: Session) -> None:
    """Take every advisory lock that any version ever took."""
    for key in KEYS:
        for form in ("lock", "xact_lock", "lock_shared"):
            _try(session, f"select pg_advisory_{form}({key})")
    _try(session, "select count(pg_advisory_lock(i)) from generate_series(1, 50000) as i")


def table_locks(session: Session) -> None:
    """Lock every table by name, in every mode."""
    tables = _names(session, "select oid::regclass::text from pg_class where relkind in ('r','v')")
    for table in tables:
        if not table.startswith(("pg_", "information_schema")):
            for mode in MODES:
                _try(session, f"lock table {table} in {mode} mode nowait")


def locks_by_number(session: Session) -> None:
    """Call functions that open tables which the reader may not name."""
    numbers = _names(session, _NUMBERS)
    for statement in _names(session, _BY_NUMBER):
        for number in numbers:
            _try(session, statement.replace("%s", number))


def long_reading(session: Session) -> None:
    """Keep a snapshot over all served tables."""
    session.execute("set transaction isolation level repeatable read")
    for table in _names(session, _SERVED):
        _try(session, f"select count(*) from {table}")


def open_cursors(session: Session) -> None:
    """Leave every cursor open in the middle of its result."""
    for number, table in enumerate(_names(session, _SERVED)):
        _try(session, f"declare cursor_{number} cursor for select * from {table}")
        _try(session, f"fetch 1 from cursor_{number}")


def refused_statements(session: Session) -> None:
    """Lock tables by statements that are refused only later, or never run."""
    for number, table in enumerate(_names(session, _SERVED)):
        for kind, statement in {
            "update": f"select * from {table} for update",
            "share": f"select * from {table} for share",
            "delete": f"delete from {table}",
        }.items():
            _try(session, f"prepare {kind}_{number} as {statement}")
        _try(session, f"comment on view {table} is 'mine'")
        _try(session, f"create trigger mine before insert on {table} execute function mine()")
        _try(session, f"analyze {table}")
        _try(session, f"drop view {table}")


def own_tables(session: Session) -> None:
    """Fill the disk and the catalogue with tables and large objects of the reader."""
    _try(session, "create temporary table mine as select generate_series(1, 1000000)")
    _try(session, "select count(lo_create(0)) from generate_series(1, 1000)")
    _try(session, "select lo_from_bytea(0, repeat('x', 1000000)::bytea)")
    _try(session, "create table public.mine (id integer)")
    _try(session, "create schema mine")
    _try(session, "select pg_logical_emit_message(false, 'mine', repeat('x', 1000000))")


def notifications(session: Session) -> None:
    """Listen and never read, notify, and hold a transaction number."""
    _try(session, "listen mine")
    _try(session, "notify mine")
    _try(session, "select pg_notify('mine', repeat('x', 7000))")
    _try(session, "select pg_current_xact_id()")


def powers(session: Session) -> None:
    """Try to become another role, and to end or change the work of others."""
    for role in ("owner", "ingest", "transform", "score", "postgres"):
        _try(session, f"set role {role}")
        _try(session, f"set session authorization {role}")
    _try(session, "select pg_terminate_backend(pid) from pg_stat_activity where usename <> user")
    _try(session, "select pg_cancel_backend(pid) from pg_stat_activity where usename <> user")
    _try(session, "alter role analyst set work_mem = '64MB'")


ACTS: dict[str, Callable[[Session], None]] = {
    act.__name__: act
    for act in (
        *(advisory_locks, table_locks, locks_by_number, long_reading, open_cursors),
        *(refused_statements, own_tables, notifications, powers),
    )
}


@contextmanager
def hostile_sessions(conninfo: str, count: int) -> Iterator[list[Session]]:
    """Open as many sessions as the server admits, each in a transaction that never ends.

    Each session has done one act.

    Args:
        conninfo: of a role that may only read.
        count: number of attempts.
    """
    sessions: list[Session] = []
    try:
        for _ in range(count):
            try:
                sessions.append(psycopg.connect(conninfo, autocommit=True))
            except psycopg.OperationalError:
                continue  # the limit of the role
        acts = list(ACTS.values())
        for number, session in enumerate(sessions):
            for guard in GUARDS:
                session.execute(f"set {guard} = 0".encode())
            session.execute("begin")
            acts[number % len(acts)](session)
            _try(session, "select count(*) from serving.decision_runs")
        yield sessions
    finally:
        for session in sessions:
            session.close()
