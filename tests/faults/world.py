"""Provide the world of one case: a warehouse, an object store, and their processes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from features.platform import failpoints
from infra.local.postgres import Cluster
from tests.faults import deliveries, flow
from tests.faults.flow import Ending, WindowRequest
from tests.faults.processes import Process, fork

if TYPE_CHECKING:
    from tests.faults.house import House

Step = Callable[[], None]


@dataclass
class World:
    """Hold one warehouse with its object store, in which one case happens."""

    house: House
    database: str
    folder: Path
    processes: list[Process] = field(default_factory=list)
    changes: dict[str, str] = field(default_factory=dict)

    @property
    def objects(self) -> Path:
        """Return the folder of the object store."""
        return self.folder / "objects"

    @property
    def logs(self) -> list[Path]:
        """Return the output files of its processes."""
        return sorted(self.folder.glob("*.log"))

    def environment(self, **changes: str) -> dict[str, str]:
        """Return the environment of its processes."""
        return {
            **{
                f"SCORING_WAREHOUSE__{role.upper()}_PASSWORD": password
                for role, password in self.house.passwords.items()
            },
            "SCORING_WAREHOUSE__HOST": "127.0.0.1",
            "SCORING_WAREHOUSE__PORT": str(self.house.cluster.port),
            "SCORING_WAREHOUSE__DATABASE": self.database,
            # a stack of this checkout may have another currency, and its file is read otherwise
            "SCORING_WAREHOUSE__BASE_CURRENCY": "USD",
            "SCORING_OBJECTS__URL": self.objects.as_uri(),
            "SCORING_REGISTRY__TRACKING_URI": "http://127.0.0.1:9",
            "SCORING_REGISTRY__TIMEOUT_SECONDS": "2",
            "SCORING_WORK": str(self.folder / "work"),
            "SCORING_CODE_VERSION": "faults",
            "SCORING_SOURCES": str(self.house.description),
            "SCORING_TEST": "true",
            **self.changes,
            **changes,
        }

    def start(
        self,
        steps: Sequence[str],
        request: WindowRequest | None = None,
        *,
        at: Mapping[str, Step] | None = None,
        failpoint: str = "",
        before: Step | None = None,
        environment: Mapping[str, str] | None = None,
        receipts: Mapping[str, Any] | None = None,
    ) -> Attempt:
        """Start steps in a process of their own.

        Args:
            steps: by name, in order.
            request: the window; the pending window of the house by default.
            at: an action at a place, written `place` or `place@hit`.
            failpoint: the same as a setting, `place:action`.
            before: the first action of the process.
            environment: settings that differ from the world's.
            receipts: of earlier steps, which do not run again.
        """
        number = len(self.processes)
        result_path = self.folder / f"result-{number}.json"
        request = (request or self.house.request).with_pins(self.house.pins)

        def work() -> None:
            for place, action in (at or {}).items():
                name, _, hit = place.partition("@")
                failpoints.on_reach(name, action, hit=int(hit or 1))
            if before:
                before()
            result = flow.run(steps, request, result_path, receipts)
            if not result.ok:
                raise SystemExit(1)

        changes = dict(environment or {})
        if failpoint:
            changes["SCORING_FAILPOINT"] = failpoint
        process = fork(work, self.folder / f"attempt-{number}.log", self.environment(**changes))
        self.processes.append(process)
        return Attempt(process, result_path)

    def run(
        self, steps: Sequence[str], request: WindowRequest | None = None, **more: Any
    ) -> Ending:
        """Run steps in a process of their own, to the end."""
        return self.start(steps, request, **more).end()

    def spawn(self, work: Step, name: str) -> Process:
        """Run any other work in a process of the world."""
        process = fork(work, self.folder / f"{name}.log", self.environment())
        self.processes.append(process)
        return process

    def deliver(self, name: str, content: bytes, folder: str = deliveries.FOLDER) -> Path:
        """Put a file into the landing folder as people do: write it elsewhere, then move it."""
        target = self.objects / folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = self.folder / "upload"
        draft.write_bytes(content)
        return draft.replace(target)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run a query as superuser."""
        with psycopg.connect(self.house.cluster.conninfo(self.database)) as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()

    def execute(self, statement: str, *parameters: object) -> None:
        """Run a statement as superuser."""
        conninfo = self.house.cluster.conninfo(self.database)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(statement.encode(), parameters or None)

    def conninfo(self, role: str) -> str:
        """Return the connection string of a login role."""
        return (
            f"host=127.0.0.1 port={self.house.cluster.port} dbname={self.database} user={role} "
            f"password={self.house.passwords[role]} options='-c timezone=UTC'"
        )

    def close(self) -> None:
        """End its processes and remove it."""
        for process in self.processes:
            process.kill()
        drop(self.house.cluster, self.database)
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class Attempt:
    """Hold one process that takes steps."""

    process: Process
    result_path: Path

    def end(self) -> Ending:
        """Wait for the end; return the result that the process has written."""
        status = self.process.wait()
        result = flow.read(self.result_path)
        if status != 0 and result.ok:
            result.error = "Killed" if status < 0 else "Exit"
            result.message = f"the process ended with status {status}"
        return result


def drop(cluster: Cluster, database: str) -> None:
    """Remove a database with every session in it."""
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        connection.execute(
            sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database))
        )
