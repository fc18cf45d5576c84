"""Create databases with the history of a night once, and copy one per measurement."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from infra.postgres import warehouse as bootstrap
from scoring.domains import JOBS
from tests.bench import loading, nights, traffic
from tests.bench.loading import NOTHING
from tests.bench.nights import JOBS_BY_ROLE, Night
from tests.bench.traffic import DAY
from tests.bench.world import Bench

_INSTALLED = "nights_installed"


def day(bench: Bench) -> datetime:
    """Return the last day that is over."""
    return bench.start.replace(hour=0) - DAY


def models(bench: Bench, wanted: Night) -> Path:
    """Return the folder of the models of a kind, and of their pins."""
    return bench.folder / "night_models" / wanted.kind


def child(
    bench: Bench,
    wanted: Night,
    module: str,
    request: dict[str, Any],
    database: str,
    objects: Path,
) -> dict[str, Any]:
    """Run a module in a process of its own, with the description of the night's source."""
    description = bench.folder / f"{wanted.kind}.yaml"
    description.write_text(nights.description(wanted, day(bench)))
    return bench.child(module, request, database, objects, sources=description)


@contextmanager
def copy(bench: Bench, template: str, wanted: Night) -> Iterator[tuple[str, Path]]:
    """Return a copy of a template and an object store with the models of the jobs."""
    kept = models(bench, wanted)
    with bench.copy(template) as (database, objects):
        for feed in wanted.feeds:
            (objects / nights.landing(wanted, feed)).mkdir(parents=True, exist_ok=True)
        pins = kept / "pins.json"
        for pin in json.loads(pins.read_text()).values() if pins.exists() else ():
            for role, model in pin["models"].items():
                folder = objects / "models" / model["sha256"]
                folder.mkdir(parents=True)
                shutil.copyfile(kept / f"{role}.skops", folder / "model.skops")
        yield database, objects


def template(bench: Bench, wanted: Night) -> tuple[str, dict[str, Any]]:
    """Return the database of a history and the pins by role; both are made once."""
    if not bench.exists(_INSTALLED):
        _made(bench, _INSTALLED, None, lambda name: _install(bench, name, wanted))
        shutil.rmtree(bench.folder / "night_models", ignore_errors=True)
    kept = models(bench, wanted)
    if not (kept / "pins.json").exists():
        kept.mkdir(parents=True, exist_ok=True)
        _history(bench, wanted.training)
        with copy(bench, wanted.training.history, wanted) as (database, objects):
            request = {"step": "train", "kind": wanted.kind, "folder": str(kept)}
            pins = child(bench, wanted, "tests.bench.night_setup", request, database, objects)
        (kept / "pins.json").write_text(json.dumps(pins))
        if wanted.training.history != wanted.history:
            bench.drop(wanted.training.history)
    _history(bench, wanted)
    return wanted.history, json.loads((kept / "pins.json").read_text())


def _history(bench: Bench, wanted: Night) -> None:
    if not bench.exists(wanted.history):
        _made(bench, wanted.history, _INSTALLED, lambda name: _fill(bench, name, wanted))


def _made(bench: Bench, name: str, base: str | None, fill: Callable[[str], object]) -> None:
    """Make a database under a draft's name, so that a stopped benchmark leaves none half made."""
    draft = f"{name}_draft"
    bench.drop(draft)
    bootstrap.create_database(bench.cluster.conninfo(), draft, "owner", base)
    fill(draft)
    with bench.connect("postgres") as connection:
        connection.execute(f'alter database "{draft}" rename to "{name}"'.encode())


def _install(bench: Bench, database: str, wanted: Night) -> None:
    bootstrap.migrate(bench.cluster.conninfo(database))
    with bench.connect(database) as connection:
        traffic.prepare(connection)
    _prepare(bench, database, wanted, "install")


def _prepare(bench: Bench, database: str, wanted: Night, step: str) -> None:
    objects = bench.folder / "objects"
    objects.mkdir(exist_ok=True)
    request = {"step": step, "kind": wanted.kind}
    child(bench, wanted, "tests.bench.night_setup", request, database, objects)


def _fill(bench: Bench, database: str, wanted: Night) -> None:
    """Add a history and build it; of its month ends, build the features of the newest alone."""

    def run(statement: str) -> None:
        with bench.connect(database) as one:
            one.execute(statement.encode())

    tables = [f"raw.{feed.name}" for feed in wanted.feeds]
    with bench.connect(database) as connection:
        with loading.without_indexes(connection, tables), ThreadPoolExecutor(2) as pool:
            for statements in nights.add_history(connection, wanted, day(bench)):
                list(pool.map(run, statements))
        connection.execute(b"vacuum analyze")
        _mark_nights(connection, wanted)
    _prepare(bench, database, wanted, "build")
    with bench.connect(database) as connection:
        connection.execute(b"vacuum analyze")


def _mark_nights(connection: psycopg.Connection[Any], wanted: Night) -> None:
    """Mark month ends as built: no night reads their features, and they would take an hour."""
    for name in JOBS_BY_ROLE[wanted.kind].values():
        job = JOBS[name]
        if job.model is None:
            continue  # nothing learns from its past, so the past has no rows
        view = job.view
        needed = connection.execute(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = %s::regclass and attnum > 0 and attnotnull",
            (view.table,),
        ).fetchall()
        given = {view.entity: "'-' || day_at", "day_at": "day_at"}
        filled = ", ".join(name for name, _ in needed)
        values = ", ".join(given.get(name, f"{NOTHING[type_]}::{type_}") for name, type_ in needed)
        connection.execute(
            f"insert into {view.table} ({filled}) select {values} from ("
            "select distinct day_at from raw.sales_nights where is_history order by day_at desc "
            f"offset {wanted.month_ends}) as month_ends on conflict do nothing".encode()
        )
