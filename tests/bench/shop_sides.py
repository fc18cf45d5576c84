"""Measure a night of customers once: a copy of the history, the file of the day, a process."""

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
from tests.bench import shops, traffic
from tests.bench.shops import NOTHING, Shops
from tests.bench.sides import Measured
from tests.bench.traffic import DAY
from tests.bench.world import Bench, BenchError

TRAINING = Shops(customers=5_000, history_days=365)
_INSTALLED = "shops_installed"


def ours(bench: Bench, wanted: Shops, *, keep_for_floor: bool = False) -> Measured:
    """Run both jobs of the product on the night.

    Args:
        bench: the cluster.
        wanted: the day and its history.
        keep_for_floor: leave the files that the floor copies in.
    """
    name, pins = template(bench, wanted)
    kept = bench.folder / "floor"
    kept.mkdir(exist_ok=True)
    with _copy(bench, name) as (database, objects):
        with bench.connect(database) as connection:
            shops.write_day(connection, wanted, _day(bench), objects / shops.FOLDER)
        request = {
            "pins": pins,
            "start": _day(bench).isoformat(),
            "compiled": str(kept / "compiled.json"),
        }
        told = _child(bench, "tests.bench.shop_night", request, database, objects)
        if keep_for_floor:
            _keep(bench, database, kept)
    return _read(told, wanted)


def floor(bench: Bench, wanted: Shops) -> Measured:
    """Run the bare script on the night that `ours` has kept."""
    kept = bench.folder / "floor"
    name, _ = template(bench, wanted)
    with _copy(bench, name) as (database, objects):
        request = {
            "conninfo": bench.cluster.conninfo(database),
            "files": json.loads((kept / "tables.json").read_text()),
            "compiled": str(kept / "compiled.json"),
            "models": str(_models(bench)),
            "parquet": str(objects),
        }
        told = _child(bench, "tests.bench.shop_floor", request, database, objects)
    return _read(told, wanted)


def _read(told: dict[str, Any], wanted: Shops) -> Measured:
    """Return the measurement of a side, if it decided the customers of the night."""
    done = Measured(told["rows"], told["seconds"], told["peak_mib"])
    if done.rows < 0.95 * wanted.customers:
        raise BenchError(f"{done.rows:,} of {wanted.customers:,} customers were decided")
    return done


def _day(bench: Bench) -> datetime:
    """Return the last day that is over."""
    return bench.start.replace(hour=0) - DAY


def _models(bench: Bench) -> Path:
    return bench.folder / "shop_models"


def _child(
    bench: Bench, module: str, request: dict[str, Any], database: str, objects: Path
) -> dict[str, Any]:
    description = bench.folder / f"{shops.SOURCE}.yaml"
    columns = ", ".join(f"{name}: {name}" for name in shops.HEADER.split(","))
    description.write_text(
        shops.DESCRIPTION.format(decide_from=_day(bench).isoformat(), columns=columns)
    )
    return bench.child(module, request, database, objects, sources=description)


@contextmanager
def _copy(bench: Bench, template: str) -> Iterator[tuple[str, Path]]:
    """Return a copy of a template and an object store with the models of both jobs."""
    with bench.copy(template) as (database, objects):
        (objects / shops.FOLDER).mkdir(parents=True, exist_ok=True)
        pins = _models(bench) / "pins.json"
        for role, pin in json.loads(pins.read_text()).items() if pins.exists() else ():
            folder = objects / "models" / pin["models"][role]["sha256"]
            folder.mkdir(parents=True)
            shutil.copyfile(_models(bench) / f"{role}.skops", folder / "model.skops")
        yield database, objects


def template(bench: Bench, wanted: Shops) -> tuple[str, dict[str, Any]]:
    """Return the database of a history and the pins by role; both are made once."""
    if not bench.exists(_INSTALLED):
        _made(bench, _INSTALLED, None, _install)
        shutil.rmtree(_models(bench), ignore_errors=True)
        _models(bench).mkdir()
        _made(bench, TRAINING.history, _INSTALLED, lambda name: _fill(bench, name, TRAINING, 2))
        with _copy(bench, TRAINING.history) as (database, objects):
            request = {"step": "train", "folder": str(_models(bench))}
            pins = _child(bench, "tests.bench.shop_setup", request, database, objects)
        (_models(bench) / "pins.json").write_text(json.dumps(pins))
        bench.drop(TRAINING.history)
    if not bench.exists(wanted.history):
        _made(bench, wanted.history, _INSTALLED, lambda name: _fill(bench, name, wanted, 0))
    return wanted.history, json.loads((_models(bench) / "pins.json").read_text())


def _made(bench: Bench, name: str, base: str | None, fill: Callable[[str], object]) -> None:
    """Make a database under a draft's name, so that a stopped benchmark leaves none half made."""
    draft = f"{name}_draft"
    bench.drop(draft)
    bootstrap.create_database(bench.cluster.conninfo(), draft, "owner", base)
    if base is None:
        bootstrap.migrate(bench.cluster.conninfo(draft))
        with bench.connect(draft) as connection:
            traffic.prepare(connection)
        _prepare(bench, draft, "install")
    else:
        fill(draft)
    with bench.connect("postgres") as connection:
        connection.execute(f'alter database "{draft}" rename to "{name}"'.encode())


def _install(_: str) -> None:
    """Nothing is added to an installed warehouse."""


def _prepare(bench: Bench, database: str, step: str) -> None:
    objects = bench.folder / "objects"
    objects.mkdir(exist_ok=True)
    _child(bench, "tests.bench.shop_setup", {"step": step}, database, objects)


def _fill(bench: Bench, database: str, wanted: Shops, month_ends: int) -> None:
    """Add a history and build it; of its month ends, build the features of the newest alone."""

    def run(statement: str) -> None:
        with bench.connect(database) as one:
            one.execute(statement.encode())

    with bench.connect(database) as connection:
        with shops.without_indexes(connection), ThreadPoolExecutor(2) as pool:
            for statements in shops.add_history(connection, wanted, _day(bench)):
                list(pool.map(run, statements))
        connection.execute(b"vacuum analyze")
        _mark_nights(connection, month_ends)
    _prepare(bench, database, "build")
    with bench.connect(database) as connection:
        connection.execute(b"vacuum analyze")


def _mark_nights(connection: psycopg.Connection[Any], kept: int) -> None:
    """Mark month ends as built: no night reads their features, and they would take an hour."""
    needed = connection.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = 'marts.feat_customer_nights'::regclass and attnum > 0 and attnotnull"
    ).fetchall()
    given = {"customer_night_id": "'-' || day_at", "day_at": "day_at"}
    filled = ", ".join(name for name, _ in needed)
    values = ", ".join(given.get(name, f"{NOTHING[type_]}::{type_}") for name, type_ in needed)
    connection.execute(
        f"insert into marts.feat_customer_nights ({filled}) select {values} from ("
        "select distinct day_at from raw.sales_nights where is_history order by day_at desc "
        f"offset {kept}) as month_ends".encode()
    )


def _keep(bench: Bench, database: str, kept: Path) -> None:
    """Keep the rows of the day in the form of the tables."""
    files = {}
    with bench.connect(database) as connection:
        newest = "(select max(delivery_seq) from raw.deliveries)"
        for table in ("deliveries", "sales"):
            columns = ", ".join(
                name
                for (name,) in connection.execute(
                    "select attname from pg_attribute where attrelid = %s::regclass "
                    "and attnum > 0 and not attisdropped and attgenerated = ''",
                    (f"raw.{table}",),
                )
            )
            query = (
                f"copy (select {columns} from raw.{table} where delivery_seq = {newest}) to stdout"
            )
            reading = connection.cursor().copy(query.encode())
            with (kept / table).open("wb") as file, reading as copy:
                for block in copy:
                    file.write(block)
            files[f"raw.{table} ({columns})"] = str(kept / table)
    (kept / "tables.json").write_text(json.dumps(files))
