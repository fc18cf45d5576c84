"""Run one cluster for the benchmarks: create histories once, and copy one for every measurement."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from infra.local.environment import ONE_THREAD, QUIET
from infra.local.ports import free_port
from infra.local.postgres import Cluster
from infra.local.state import CHECKOUT, code_version
from infra.postgres import warehouse as bootstrap
from tests.bench import traffic
from tests.bench.traffic import DAY, HOUR

SOURCE = "traffic"  # the name `bench` belongs to a folder of the project
FOLDER = f"landing/{SOURCE}/transactions"
#: The number of whole days before its own that an hour reads row by row.
READ_BACK = 31 * DAY
DESCRIPTION = """
description: What the benchmarks deliver.
time_zone: null
decide_from: {decide_from}
maturity_days: 7
provenance_rank: [chargeback]
feeds:
  transactions:
    formats: [csv]
    columns: {{{columns}}}
    settle_seconds: 0
    tolerated_bad_share: 0.05
"""


class BenchError(Exception):
    """A part of the benchmark failed; the message contains the end of its log."""


@dataclass
class Bench:
    """Hold the cluster and its databases.

    Args:
        start: of the measured hour, the last whole one: a delivery becomes known now, and an hour
            of a day long past would be booked as late.
        pins: of the model and the policy of every run.
        deadline: on the monotonic clock; a further round that would end later does not start.
    """

    folder: Path
    cluster: Cluster
    passwords: dict[str, str]
    start: datetime
    pins: dict[str, Any] = field(default_factory=dict)
    deadline: float = float("inf")

    @property
    def model(self) -> Path:
        """Return the model of both sides."""
        return self.folder / "model.skops"

    def rounds(self, wanted: int) -> Iterator[int]:
        """Count the rounds that fit into the remaining time, at least one."""
        for number in range(1, wanted + 1):
            begun = time.monotonic()
            yield number
            now = time.monotonic()
            if now + (now - begun) > self.deadline:
                return

    def connect(self, database: str) -> psycopg.Connection[Any]:
        """Connect as superuser."""
        return psycopg.connect(self.cluster.conninfo(database), autocommit=True)

    def environment(self, database: str, objects: Path) -> dict[str, str]:
        """Return the settings of a child that works on a copy."""
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            **QUIET,
            **ONE_THREAD,
            **{
                f"SCORING_WAREHOUSE__{role.upper()}_PASSWORD": password
                for role, password in self.passwords.items()
            },
            "PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'plugins'}",
            "SCORING_WAREHOUSE__HOST": "127.0.0.1",
            "SCORING_WAREHOUSE__PORT": str(self.cluster.port),
            "SCORING_WAREHOUSE__DATABASE": database,
            # a stack of this checkout may have another currency, and its file is read otherwise
            "SCORING_WAREHOUSE__BASE_CURRENCY": "USD",
            "SCORING_OBJECTS__URL": objects.as_uri(),
            # dbt's parse result belongs to one database: a template must not take it from the
            # copies
            "SCORING_WORK": str(self.folder / "work" / database),
            "SCORING_CODE_VERSION": code_version(),
            "SCORING_SOURCES": str(self.folder / f"{SOURCE}.yaml"),
            "AIRFLOW_HOME": str(self.folder / "airflow"),
        }

    def child(
        self,
        module: str,
        request: Mapping[str, Any],
        database: str,
        objects: Path,
        sources: Path | None = None,
    ) -> dict[str, Any]:
        """Run a module in a process of its own; return the JSON on its last line.

        Args:
            module: its name.
            request: its argument.
            database: the copy that it works on.
            objects: the object store.
            sources: the description of what is delivered; the card traffic by default.

        Raises:
            BenchError: it failed.
        """
        ended = subprocess.run(
            [sys.executable, "-m", module, json.dumps(request, default=str)],
            cwd=CHECKOUT,
            env=self.environment(database, objects)
            | ({"SCORING_SOURCES": str(sources)} if sources else {}),
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            raise BenchError(f"{module} failed:\n{(ended.stdout + ended.stderr)[-3000:]}")
        told: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
        return told

    @contextmanager
    def copy(self, template: str) -> Iterator[tuple[str, Path]]:
        """Return a copy of a template and an empty object store, warm as after a day's work.

        Raises:
            BenchError: the day has turned since the creation of the histories.
        """
        if datetime.now(UTC).date() != (self.start + HOUR).date():
            raise BenchError(
                f"the day has turned since {self.start:%Y-%m-%d %H:%M} UTC: its hours would be "
                "booked as late; `make bench` again measures what is left on the new day"
            )
        # one name for all: dbt parses the whole project again if the database has another name
        name, objects = "hour", self.folder / "objects"
        shutil.rmtree(objects, ignore_errors=True)
        (objects / FOLDER).mkdir(parents=True)
        _put_model(self, objects)
        self.drop(name)
        with self.connect("postgres") as connection:
            connection.execute(
                f'create database "{name}" template "{template}" strategy file_copy'.encode()
            )
            connection.execute(b"checkpoint")
        self._warm(name)
        try:
            yield name, objects
        finally:
            self.drop(name)
            with self.connect("postgres") as connection:
                connection.execute(b"checkpoint")

    def _warm(self, database: str) -> None:
        """Read the rows of the previous hour: a copy of many days does not stay in memory whole."""
        with self.connect(database) as connection:
            connection.execute(
                "select count(amount_minor) from raw.transactions where occurred_at >= %s",
                (self.start - READ_BACK,),
            )
            books = connection.execute(
                "select format('%I.%I', schemaname, tablename) from pg_tables "
                "where schemaname = 'intermediate' and tablename like '%days\\_booked'"
            ).fetchall()
            for (book,) in books:
                connection.execute(f"select count(known_at) from {book}".encode())

    def drop(self, database: str) -> None:
        """Drop a copy, or a history that no later part needs."""
        with self.connect("postgres") as connection:
            connection.execute(f'drop database if exists "{database}" with (force)'.encode())

    def exists(self, database: str) -> bool:
        """Return whether a database exists."""
        with self.connect("postgres") as connection:
            found = connection.execute(
                "select from pg_database where datname = %s", (database,)
            ).fetchone()
        return found is not None


def _put_model(bench: Bench, objects: Path) -> None:
    if bench.pins:
        folder = objects / "models" / bench.pins["models"]["fraud"]["sha256"]
        folder.mkdir(parents=True)
        shutil.copyfile(bench.model, folder / "model.skops")


def start_of_hour(cluster: Cluster, kept: Path) -> datetime:
    """Return the last whole hour; drop histories of another day or of other code.

    The cluster does not run.
    """
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    start, of = now - HOUR, f"{now:%Y-%m-%d} {code_version()}"
    if kept.exists():
        told = json.loads(kept.read_text())
        if told["of"] == of:
            return datetime.fromisoformat(told["start"])
        shutil.rmtree(cluster.folder, ignore_errors=True)
    kept.write_text(json.dumps({"of": of, "start": start.isoformat()}))
    return start


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Refuse a second concurrent benchmark: it would stop this one's Postgres at its end."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BenchError(
                "another benchmark runs in this checkout: wait until it ends"
            ) from None
        yield


@contextmanager
def open_bench(folder: Path) -> Iterator[Bench]:
    """Start the cluster in a kept folder; stop it afterwards.

    Raises:
        BenchError: another benchmark runs in the folder.
        PostgresError: the cluster did not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        passwords = _passwords(folder / "passwords.json")
        cluster = Cluster(folder / "postgres", free_port(), passwords.pop("postgres"))
        cluster.stop("immediate")  # left by a killed benchmark, on its own port
        start = start_of_hour(cluster, folder / "start.json")
        cluster.create({"max_wal_size": "'8GB'", "checkpoint_timeout": "'1h'"})
        cluster.start()
        try:
            bootstrap.create_roles(cluster.conninfo(), passwords)
            columns = ", ".join(f"{name}: {name}" for name in traffic.HEADER.split(","))
            (folder / f"{SOURCE}.yaml").write_text(
                DESCRIPTION.format(decide_from=start.isoformat(), columns=columns)
            )
            yield Bench(folder, cluster, passwords, start)
        finally:
            cluster.stop("fast")


def _passwords(kept: Path) -> dict[str, str]:
    if not kept.exists():
        kept.touch(mode=0o600)
        roles = ("postgres", *bootstrap.LOGIN_ROLES)
        kept.write_text(json.dumps({role: secrets.token_hex(12) for role in roles}))
    passwords: dict[str, str] = json.loads(kept.read_text())
    return passwords
