"""The test house: one real Postgres per run, and a clone of a built warehouse per test."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from features.platform.settings import Objects, Role, Settings, Warehouse
from infra.local.environment import ONE_THREAD
from infra.local.postgres import Cluster
from infra.postgres import warehouse as bootstrap
from tests import mlflow_server

# As in a stack, and before a test loads numpy: OpenBLAS's threads spin while they wait, and take
# the cores from the other worker.
os.environ.update(ONE_THREAD)
# A thread of MLflow's telemetry removes a variable while others copy the environment.
os.environ.update(mlflow_server.ENVIRONMENT)

PASSWORD = "test-password"  # noqa: S105 - of a throw-away cluster on loopback
STOREYS = (
    "unit",
    "property",
    "architecture",
    "contract",
    "dag_integrity",
    "integration",
    "faults",
    "e2e",
)
# What takes a minute or more comes first, so that no worker is left alone with it at the end.
LONGEST = (
    "/faults/test_harness.py",
    "/strangers/test_strangers_data.py",
    "/infra/test_own_source.py",
    "/point_in_time/test_demand.py",
    "/point_in_time/test_stock.py",
    "/registry/test_train_credit.py",
    "/scoring/test_backfill.py",
    "/scoring/test_schedules.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first, and mark each test by its folder."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONGEST))
    for item in items:
        for storey in STOREYS:
            if f"/tests/{storey}/" in item.path.as_posix():
                item.add_marker(storey)


def pytest_collection_finish() -> None:
    """Spare the collector the tests that were collected."""
    _freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Spare the collector what a module has imported."""
    if nextitem is None or nextitem.path != item.path:
        _freeze()


def _freeze() -> None:
    """Take all live objects out of the collector's sight.

    A worker holds a million objects after a few hundred tests. Each dbt build allocates enough to
    start a full collection, which then takes as long as the build itself.
    """
    gc.collect()
    gc.freeze()


# ---------------------------------------------------------------- one cluster, shared by the
# workers


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def _shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running Postgres of this test run, with the project's roles."""
    folder = _shared_folder(tmp_path_factory)
    with _locked(folder):
        port_file, users = folder / "postgres-port", folder / "postgres-users"
        if port_file.exists():
            cluster = Cluster(folder / "postgres", int(port_file.read_text()), PASSWORD)
        else:
            cluster = Cluster(folder / "postgres", _free_port(), PASSWORD)
            cluster.create({"fsync": "off", "full_page_writes": "off", "shared_buffers": "'256MB'"})
            cluster.start()
            bootstrap.create_roles(
                cluster.conninfo(), dict.fromkeys(bootstrap.LOGIN_ROLES, PASSWORD)
            )
            port_file.write_text(str(cluster.port))
        users.write_text(str(int(users.read_text() or 0) + 1 if users.exists() else 1))

    with _dbt_parses_once():
        yield cluster

    with _locked(folder):
        left = int(users.read_text()) - 1
        users.write_text(str(left))
        if left == 0:
            cluster.stop("immediate")
            port_file.unlink()


@contextmanager
def _dbt_parses_once() -> Iterator[None]:
    """Let the builds of this process share what dbt has parsed."""
    from tests.dbt_manifests import RememberingRunner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dbt.cli.main.dbtRunner", RememberingRunner)
        yield


def _settings(cluster: Cluster, database: str, work: Path) -> Settings:
    passwords: dict[str, Any] = {f"{role}_password": PASSWORD for role in bootstrap.LOGIN_ROLES}
    return Settings(
        warehouse=Warehouse(host="127.0.0.1", port=cluster.port, database=database, **passwords),
        objects=Objects(url=f"file://{work / 'objects'}"),
        work=work / "work",
        test=True,
    )


@pytest.fixture(scope="session")
def migrated_template(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with all migrations, to clone."""
    name = "template_migrated"
    with _locked(_shared_folder(tmp_path_factory)):
        bootstrap.create_database(cluster.conninfo(), name, "owner")
        bootstrap.migrate(cluster.conninfo(name))
    return name


_CLONES: set[str] = set()


@contextmanager
def _clone(cluster: Cluster, template: str) -> Iterator[str]:
    """Give a copy of a database under the first free name: what dbt parsed holds for one name."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    name = next(name for i in count() if (name := f"test_{worker}_{i}") not in _CLONES)
    _CLONES.add(name)
    bootstrap.create_database(cluster.conninfo(), name, "owner", template)
    try:
        yield name
    finally:
        with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
            )
        _CLONES.remove(name)


@contextmanager
def _parsed_before(database: str, work: Path, kept: Path) -> Iterator[None]:
    """Lend a test what dbt parsed in an earlier one: to parse takes longer than most builds."""
    lent = {
        work / place / "dbt" / "partial_parse.msgpack": kept / f"{database}{place}.msgpack"
        for place in ("", "rebuild")
    }
    for parsed, before in lent.items():
        if before.exists():
            parsed.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(before, parsed)
    yield
    for parsed, before in lent.items():
        if parsed.exists():
            parsed.replace(before)


class Db:
    """One test's warehouse: its settings, and a connection per role."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self.cluster = cluster
        self.settings = settings

    def connect(self, role: Role) -> psycopg.Connection[Any]:
        """Open a connection as one of the login roles."""
        return psycopg.connect(self.settings.warehouse.conninfo(role))

    def superuser(self) -> psycopg.Connection[Any]:
        """Open a superuser's connection, for arranging what no role may do."""
        return psycopg.connect(
            self.cluster.conninfo(self.settings.warehouse.database), autocommit=True
        )

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query as superuser and return its rows."""
        with self.superuser() as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()


@contextmanager
def a_warehouse(cluster: Cluster, template: str, folder: Path) -> Iterator[Db]:
    """Give a copy of a template, whose objects and work lie in a folder."""
    with _clone(cluster, template) as database:
        db = Db(cluster, _settings(cluster, database, folder))
        with _parsed_before(database, db.settings.work, cluster.folder.parent):
            yield db


@pytest.fixture
def migrated(cluster: Cluster, migrated_template: str, tmp_path: Path) -> Iterator[Db]:
    """A warehouse with empty tables, before dbt has built anything."""
    with a_warehouse(cluster, migrated_template, tmp_path) as db:
        yield db


@pytest.fixture(scope="session")
def built_template(
    cluster: Cluster, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a database in which dbt has built everything once, over an empty ledger."""
    from features.build import install

    name = "template_built"
    folder = _shared_folder(tmp_path_factory)
    with _locked(folder):
        if not (folder / name).exists():
            bootstrap.create_database(cluster.conninfo(), name, "owner", migrated_template)
            install(_settings(cluster, name, folder).warehouse, folder / "work")
            (folder / name).touch()
    return name


@pytest.fixture
def built(cluster: Cluster, built_template: str, tmp_path: Path) -> Iterator[Db]:
    """A warehouse as installed: seeds, empty feature tables and serving views stand."""
    with a_warehouse(cluster, built_template, tmp_path) as db:
        yield db


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data files, or a skip that says how to get it."""
    folder = os.environ.get("SCORING_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("set SCORING_TEST_DATA to the folder of real data files (see CONTRIBUTING.md)")
    return Path(folder)
