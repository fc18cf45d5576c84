"""Roles, databases and migrations on a real Postgres."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import count
from typing import Any

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


def test_migrations_applied_again_have_no_effect(migrated: Db) -> None:
    before = migrated.rows(SCHEMA_QUERY)
    superuser = migrated.cluster.conninfo(migrated.settings.warehouse.database)

    applied = warehouse.migrate(superuser)

    assert applied == []
    assert migrated.rows(SCHEMA_QUERY) == before


def test_every_migration_is_recorded_once(migrated: Db) -> None:
    recorded = [name for (name,) in migrated.rows("select name from public.migrations order by 1")]

    assert recorded == sorted(path.stem for path in warehouse.MIGRATIONS.glob("*.sql"))


PASSWORDS = dict.fromkeys((*warehouse.LOGIN_ROLES, "airflow"), "role-password")
# the roles and databases after a start, for any state before it
STATE = {
    "roles": "select rolname::text, rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, "
    "rolreplication, rolbypassrls, rolconnlimit, rolpassword is not null from pg_authid "
    "where rolname = any(%(roles)s) order by 1",
    "settings": "select coalesce(datname::text, ''), coalesce(rolname::text, ''), "
    "(select array_agg(one order by one) from unnest(setconfig) as one) from pg_db_role_setting "
    "left join pg_roles as role on role.oid = setrole "
    "left join pg_database as database on database.oid = setdatabase order by 1, 2",
    "members": "select roleid::regrole::text, member::regrole::text from pg_auth_members "
    "where member::regrole::text = any(%(roles)s) order by 1, 2",
    "databases": "select datname::text, datdba::regrole::text, (select array_agg(one::text "
    "order by one::text) from unnest(datacl) as one) from pg_database order by 1",
}
OPEN_FUNCTIONS = (
    "select oid::regprocedure::text from pg_proc where pronamespace = 'pg_catalog'::regnamespace "
    "and proname ~ %s and has_function_privilege('analyst', oid, 'execute')"
)


class CutError(Exception):
    """The starting process ends here, as by a kill."""


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Make a cluster for this module, because a start ends the sessions of other tests."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    cluster = Cluster(tmp_path_factory.mktemp("own") / "postgres", port, "cluster-password")
    cluster.create({"fsync": "off", "shared_buffers": "'32MB'"})
    cluster.start()
    yield cluster
    cluster.stop("immediate")


def _start(cluster: Cluster) -> None:
    warehouse.create_roles(cluster.conninfo(), PASSWORDS)
    warehouse.create_database(cluster.conninfo(), "warehouse", "owner")
    warehouse.create_database(cluster.conninfo(), "airflow", "airflow")


def _state(cluster: Cluster) -> dict[str, Any]:
    with psycopg.connect(cluster.conninfo()) as connection:
        state: dict[str, Any] = {
            name: connection.execute(query.encode(), {"roles": [*PASSWORDS, "owner"]}).fetchall()
            for name, query in STATE.items()
        }
    if ("warehouse",) in [row[:1] for row in state["databases"]]:
        with psycopg.connect(cluster.conninfo("warehouse")) as connection:
            state["functions"] = connection.execute(
                OPEN_FUNCTIONS, (f"^({warehouse.WITHHELD_FUNCTIONS})$",)
            ).fetchall()
    return state


def _execute(cluster: Cluster, *statements: str) -> None:
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _login(cluster: Cluster, role: str, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        f"host=127.0.0.1 port={cluster.port} user={role} password={PASSWORDS[role]} "
        f"dbname={database}"
    )


def _cut(start: Callable[[], None], after: int) -> bool:
    """Cut the start after a number of statements; return whether it finished before."""
    statements = count(1)

    class Cutting(psycopg.Connection[Any]):
        def execute(self, *arguments: Any, **named: Any) -> psycopg.Cursor[Any]:
            cursor = super().execute(*arguments, **named)
            if next(statements) == after:
                raise CutError
            return cursor

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(psycopg, "connect", Cutting.connect)
        try:
            start()
        except CutError:
            return False
    return True


def test_a_start_cut_at_any_statement_is_completed_by_the_next_start(own_cluster: Cluster) -> None:
    # one role of each kind; the others remain
    some = {role: PASSWORDS[role] for role in ("ingest", "analyst", "airflow")}
    conninfo = own_cluster.conninfo()
    starts: tuple[tuple[Callable[[], None], list[str]], ...] = (
        (
            lambda: warehouse.create_roles(conninfo, some),
            [
                *("drop database if exists warehouse", "drop database if exists airflow"),
                *(f"drop role {role}" for role in some),
                "grant all on database postgres, template1 to public",
            ],
        ),
        (
            lambda: warehouse.create_database(conninfo, "warehouse", "owner"),
            ["drop database warehouse"],
        ),
    )
    warehouse.create_roles(conninfo, PASSWORDS)
    for start, undo in starts:
        start()
        whole = _state(own_cluster)
        for after in count(1):
            _execute(own_cluster, *undo)

            is_whole = _cut(start, after)
            start()

            assert _state(own_cluster) == whole, f"cut after {after} statements"
            if is_whole:
                break
        assert after > 8
    assert whole["functions"] == []


def test_manual_changes_are_reverted_by_the_next_start(own_cluster: Cluster) -> None:
    _start(own_cluster)
    whole = _state(own_cluster)
    _execute(
        own_cluster,
        "alter role analyst superuser createdb nologin connection limit -1 password null",
        "alter role analyst set statement_timeout = 0",
        "alter role analyst set work_mem = '10GB'",
        "alter role ingest set lock_timeout = 0",
        "alter role score in database warehouse set lock_timeout = 0",
        "grant connect on database airflow to public",
        "grant temporary on database warehouse to analyst",
        "grant connect on database postgres to public",
        "alter database warehouse set timezone to 'Asia/Tokyo'",
    )
    with psycopg.connect(own_cluster.conninfo("warehouse"), autocommit=True) as connection:
        connection.execute("grant execute on function pg_advisory_lock(bigint) to public")

    _start(own_cluster)

    assert _state(own_cluster) == whole


def test_a_reader_that_changes_its_own_role_does_not_block_a_start(own_cluster: Cluster) -> None:
    _start(own_cluster)
    with _login(own_cluster, "analyst", "warehouse") as reader:
        reader.execute("set transaction read write")
        reader.execute("alter role analyst password 'of-my-own'")

        _start(own_cluster)

        with pytest.raises(psycopg.OperationalError):
            reader.execute("select 1")
    _login(own_cluster, "analyst", "warehouse").close()


def test_readers_take_few_connections_and_enter_one_database(own_cluster: Cluster) -> None:
    _start(own_cluster)

    with ExitStack() as sessions:
        session_counts = dict.fromkeys(warehouse.READER_ROLES, 0)
        for role in session_counts:
            for _ in range(50):
                with suppress(psycopg.OperationalError):
                    sessions.enter_context(_login(own_cluster, role, "warehouse"))
                    session_counts[role] += 1
            with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
                _login(own_cluster, role, "warehouse")
        for role in warehouse.JOB_ROLES:
            sessions.enter_context(_login(own_cluster, role, "warehouse"))

    assert session_counts == {"analyst": 20, "fairness": 5}
    for role, database in (
        *((role, name) for role in ("analyst", "score") for name in ("postgres", "template1")),
        *(("analyst", "airflow"), ("airflow", "warehouse"), ("airflow", "postgres")),
    ):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            _login(own_cluster, role, database)
    _login(own_cluster, "airflow", "airflow").close()


def test_a_wrong_password_is_refused(migrated: Db) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(
            f"host=127.0.0.1 port={migrated.cluster.port} user=analyst password=guess "
            f"dbname={migrated.settings.warehouse.database}"
        )


def test_an_open_transaction_of_an_analyst_blocks_no_other_session(migrated: Db) -> None:
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
