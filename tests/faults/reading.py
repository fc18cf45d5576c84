"""Read beside the fault: published rows stay visible, and only whole runs appear."""

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
    """Read as an analyst until the stop file exists; write down every incomplete result."""
    findings: dict[str, Any] = {"reads": 0, "slowest": 0.0, "problems": []}
    connection: psycopg.Connection[Any] | None = None
    least = 0
    while not stop.exists():
        started = time.monotonic()
        try:
            if connection is None or connection.closed:
                connection = psycopg.connect(world.conninfo("analyst"), autocommit=True)
            row = connection.execute(_SEEN.encode()).fetchone()
            visible, of_runs = row or (0, 0)
            findings["reads"] += 1
            findings["slowest"] = max(findings["slowest"], time.monotonic() - started)
            if visible != of_runs:
                findings["problems"].append(f"a reader saw {visible} rows of runs with {of_runs}")
            if visible < least:
                findings["problems"].append(f"a reader saw {visible} rows after {least}")
            least = max(least, visible)
        except psycopg.Error:
            # the fault has stopped the server; published rows must be visible after it
            if connection is not None:
                connection.close()
            connection = None
        findings["problems"] += _manifests(world)
        findings["problems"] = sorted(set(findings["problems"]))
        time.sleep(_PAUSE)
    if connection is not None:
        connection.close()
    out.write_text(json.dumps(findings))


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
    """Hold the findings of a stopped reader."""

    def __init__(self) -> None:
        self.reads = 0
        self.slowest = 0.0
        self.problems: list[str] = []


@contextmanager
def reading(world: World) -> Iterator[Reader]:
    """Read during the body of the context."""
    stop, out = world.folder / "stop-reading", world.folder / "read.json"
    reader = Reader()
    process = world.spawn(lambda: _loop(world, stop, out), "reader")
    try:
        yield reader
    finally:
        stop.touch()
        process.wait(60)
        if out.exists():
            findings = json.loads(out.read_text())
            reader.reads, reader.slowest = findings["reads"], findings["slowest"]
            reader.problems = findings["problems"]
        else:
            reader.problems = ["the reader broke"]
        stop.unlink()
