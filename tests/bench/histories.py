"""Create databases with days of traffic before the hour once, and copy one per measurement."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg

from infra.postgres import warehouse as bootstrap
from tests.bench import loading, traffic
from tests.bench.loading import NOTHING
from tests.bench.traffic import DAY, Traffic
from tests.bench.world import FOLDER, Bench

TRAINING = Traffic(rows=30_000)
#: Rows of history whose features the template itself builds, which fills the day books.
_SEED_ROWS = 500
_BUILT = """
select format('%I.%I', schemaname, tablename) from pg_tables
where schemaname in ('intermediate', 'marts')
"""


def template(bench: Bench, wanted: Traffic) -> str:
    """Return the database of a history; it is created once, and extended from a shorter one."""
    empty = _empty(bench)
    if not wanted.history_days:
        return empty
    name = wanted.history
    if bench.exists(name):
        return name
    shorter = (replace(wanted, history_days=days) for days in range(wanted.history_days, 0, -1))
    base = next((one for one in shorter if bench.exists(one.history)), None)
    draft = f"{name}_draft"
    bench.drop(draft)
    bootstrap.create_database(
        bench.cluster.conninfo(), draft, "owner", base.history if base else empty
    )
    per_day = wanted.rows * 24
    with (
        bench.connect(draft) as connection,
        loading.without_indexes(connection, traffic.TABLES),
    ):
        for age in range(base.history_days if base else 0, wanted.history_days):
            span = range(1 + age * per_day, 1 + (age + 1) * per_day)
            _add(bench, connection, wanted, bench.start - (age + 1) * DAY, span)
        _leave_little_to_build(bench, connection, wanted)
    with bench.connect(draft) as connection:
        connection.execute(b"vacuum analyze")
    objects = bench.folder / "objects"
    objects.mkdir(exist_ok=True)
    bench.child("tests.bench.setup", {"step": "build"}, draft, objects)
    with bench.connect(draft) as connection:
        for (built,) in connection.execute(_BUILT).fetchall():
            connection.execute(f"vacuum analyze {built}".encode())
    with bench.connect("postgres") as connection:
        connection.execute(f'alter database "{draft}" rename to "{name}"'.encode())
    return name


def _leave_little_to_build(
    bench: Bench, connection: psycopg.Connection[Any], wanted: Traffic
) -> None:
    """Let the build read all days into its books, and leave only a few rows without features.

    An hour reads history from raw and from the books, and of its feature rows only the spikes.
    """
    needed = connection.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = 'marts.feat_transactions'::regclass and attnum > 0 and attnotnull"
    ).fetchall()
    given = {"delivery_seq": "max(delivery_seq)", "transaction_id": "'-' || max(delivery_seq)"}
    filled = ", ".join(name for name, _ in needed)
    values = ", ".join(given.get(name, f"{NOTHING[type_]}::{type_}") for name, type_ in needed)
    connection.execute(
        f"insert into marts.feat_transactions ({filled}) "
        f"select {values} from raw.deliveries".encode()
    )
    first = 10**15 + wanted.history_days * _SEED_ROWS
    # known at the hour's start: the day before is closed then, at any time of day
    _add(
        bench,
        connection,
        wanted,
        bench.start - DAY,
        range(first, first + _SEED_ROWS),
        known_at_once=True,
    )


def _add(
    bench: Bench,
    connection: psycopg.Connection[Any],
    wanted: Traffic,
    start: datetime,
    span: range,
    *,
    known_at_once: bool = False,
) -> None:
    """Add a day of history, on both cores."""

    def run(statement: str) -> None:
        with bench.connect(connection.info.dbname) as one:
            one.execute(statement.encode())

    statements = traffic.add_delivery(connection, wanted, start, span, known_at_once=known_at_once)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, statements))


def _empty(bench: Bench) -> str:
    name = "installed"
    if bench.exists(name):
        bench.pins = json.loads((bench.folder / "pins.json").read_text())
        return name
    draft, objects = f"{name}_draft", bench.folder / "objects"
    bench.drop(draft)
    bootstrap.create_database(bench.cluster.conninfo(), draft, "owner")
    bootstrap.migrate(bench.cluster.conninfo(draft))
    with bench.connect(draft) as connection:
        traffic.prepare(connection)
    objects.mkdir(exist_ok=True)
    bench.child("tests.bench.setup", {"step": "install"}, draft, objects)
    bootstrap.create_database(bench.cluster.conninfo(), "training", "owner", draft)
    _train(bench)
    with bench.connect("postgres") as connection:
        connection.execute(f'alter database "{draft}" rename to "{name}"'.encode())
    return name


def _train(bench: Bench) -> None:
    """Fit the model on an hour's features."""
    with bench.copy("training") as (database, objects):
        with bench.connect(database) as connection:
            traffic.write_hour(connection, TRAINING, bench.start, objects / FOLDER)
        bench.pins = bench.child(
            "tests.bench.setup", {"step": "train", "model": str(bench.model)}, database, objects
        )
    (bench.folder / "pins.json").write_text(json.dumps(bench.pins))
    bench.drop("training")
