"""A reader beside the fault: what was published stays visible, and only whole runs appear."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.world import World

_SEEN = """
select
    (select count(*) from serving.latest_transaction_decisions),
    coalesce((select sum(rows_claimed) from serving.decision_runs
        where state = 'published' and kind <> 'restate'), 0)
"""
_PAUSE = 0.02


def _loop(world: World, stop: Path, out: Path) -> None:
    """Read as an analyst until told to stop; write down everything that was not whole."""
    found: dict[str, Any] = {"reads": 0, "slowest": 0.0, "problems": []}
    connection: psycopg.Connection[Any] | None = None
    least = 0
    while not stop.exists():
        started = time.monotonic()
        try:
            if connection is None or connection.closed:
                connection = psycopg.connect(world.conninfo("analyst"), autocommit=True)
            row = connection.execute(_SEEN.encode()).fetchone()
            visible, of_runs = row or (0, 0)
            found["reads"] += 1
            found["slowest"] = max(found["slowest"], time.monotonic() - started)
            if visible != of_runs:
                found["problems"].append(f"a reader saw {visible} rows of runs with {of_runs}")
            if visible < least:
                found["problems"].append(f"a reader saw {visible} rows after {least}")
            least = max(least, visible)
        except psycopg.Error:
            # the server is down, which is the fault; what was published must be there after it
            if connection is not None:
                connection.close()
            connection = None
        found["problems"] += _manifests(world)
        found["problems"] = sorted(set(found["problems"]))
        time.sleep(_PAUSE)
    if connection is not None:
        connection.close()
    out.write_text(json.dumps(found))


def _manifests(world: World) -> list[str]:
    problems = []
    for path in (world.objects / "published").glob("*/*/manifest.json"):
        with suppress(FileNotFoundError):
            manifest = json.loads(path.read_text())
            file = path.parent / manifest["file"]
            if not file.exists():
                problems.append(f"a manifest names {file.name[:12]}, which is not there")
            elif hashlib.sha256(file.read_bytes()).hexdigest() != manifest["sha256"]:
                problems.append("a manifest's file has other bytes than it says")
    return problems


class Reader:
    """The findings of a reader that has been stopped."""

    def __init__(self) -> None:
        self.reads = 0
        self.slowest = 0.0
        self.problems: list[str] = []


@contextmanager
def reading(world: World) -> Iterator[Reader]:
    """Read beside what happens inside."""
    stop, out = world.folder / "stop-reading", world.folder / "read.json"
    reader = Reader()
    process = world.spawn(lambda: _loop(world, stop, out), "reader")
    try:
        yield reader
    finally:
        stop.touch()
        process.wait(60)
        if out.exists():
            told = json.loads(out.read_text())
            reader.reads, reader.slowest = told["reads"], told["slowest"]
            reader.problems = told["problems"]
        else:
            reader.problems = ["the reader broke"]
        stop.unlink()
