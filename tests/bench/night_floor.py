"""The least that a night costs: COPY, the same SQL, the same models, COPY; without a guarantee."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import skops.io

from features.platform.arrays import Floats, Matrix, lists_of
from scoring.demand import classes
from scoring.demand.classes import CLASSES
from scoring.domains import JOBS
from scoring.runs.job import Job
from tests.bench import plan_floor
from tests.bench.floor import build, copy_in
from tests.bench.loading import NOTHING
from tests.bench.nights import JOBS_BY_ROLE
from tests.bench.stopwatch import Stopwatch

CHUNK_ROWS = 50_000


def run(request: dict[str, Any]) -> None:
    """Run the night.

    Args:
        request: the kind of night, the conninfo, the kept files by table, the compiled SQL, the
            folder of the models, and the folder of the Parquet files.
    """
    watch = Stopwatch()
    rows = 0
    jobs = JOBS_BY_ROLE[request["kind"]]
    with psycopg.connect(request["conninfo"], autocommit=True) as connection:
        watch.timed("ingest", lambda: copy_in(connection, request["files"]))
        watch.timed(
            f"build {next(iter(jobs))}", lambda: build(connection, Path(request["compiled"]))
        )
        for role, name in jobs.items():
            job = JOBS[name]
            decide = (
                partial(plan_floor.plan, connection, job)
                if job.model is None
                else partial(_score, connection, job, job.model.role, request["models"])
            )
            results = watch.timed(f"score {role}", partial(_decided, connection, job, decide))
            target = Path(request["parquet"]) / f"{role}.parquet"
            watch.timed(
                f"publish {role}", partial(pq.write_table, results, target, compression="zstd")
            )
            rows = max(rows, results.num_rows)
            del results
    watch.tell(rows)


def _decided(
    connection: psycopg.Connection[Any], job: Job, decide: Callable[[], pa.Table]
) -> pa.Table:
    """Decide the rows, write them into the ledger, and return them for the file."""
    results = decide()
    columns = _filled(connection, job.ledger.table, results.column_names)
    command = (
        f"copy {job.ledger.table} ({', '.join([*results.column_names, *columns])}) "
        "from stdin (format csv)"
    )
    with connection.cursor() as cursor, cursor.copy(command.encode()) as copy:
        for batch in results.to_batches(max_chunksize=65_536):
            whole = pa.table(batch.columns, batch.schema.names)
            for name, value in columns.items():
                whole = whole.append_column(name, pa.repeat(value, whole.num_rows))
            sink = pa.BufferOutputStream()
            pyarrow.csv.write_csv(whole, sink, pyarrow.csv.WriteOptions(include_header=False))
            copy.write(sink.getvalue())
    return results


def _score(connection: psycopg.Connection[Any], job: Job, role: str, models: str) -> pa.Table:
    """Load the model; read and predict in chunks; return all rows."""
    file = Path(models) / f"{role}.skops"
    model = skops.io.load(file, trusted=skops.io.get_untrusted_types(file=file))
    names = list(model.features)
    keys = (job.view.entity, "version", *job.ledger.context, "day_at")
    table = _read(connection, job.view.table, keys, names)
    answer = {"segments": _segments, "value": _values, "demand": _demand}[role]
    done = [
        pa.table({name: part[name] for name in keys} | dict(answer(model, part, names)))
        for part in (
            table.slice(first, CHUNK_ROWS) for first in range(0, table.num_rows, CHUNK_ROWS)
        )
    ]
    return pa.concat_tables(done)


def _read(
    connection: psycopg.Connection[Any], features: str, keys: Sequence[str], names: list[str]
) -> pa.Table:
    flags = {
        name
        for (name,) in connection.execute(
            "select column_name from information_schema.columns where data_type = 'boolean' "
            "and table_schema || '.' || table_name = %s",
            (features,),
        )
    }
    columns = [f"{name}::{'int::' * (name in flags)}float8" for name in names]
    query = (
        f"copy (select {', '.join([*keys, *columns])} from {features} "
        f"where day_at = (select max(day_at) from {features})) to stdout (format csv)"
    )
    with connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
        text = b"".join(bytes(block) for block in copy)
    types = {name: pa.string() for name in keys if name != "version"}
    return pyarrow.csv.read_csv(
        pa.BufferReader(text),
        pyarrow.csv.ReadOptions(column_names=[*keys, *names], use_threads=False),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=types | dict.fromkeys(names, pa.float64())
        ),
    )


def _segments(model: Any, part: pa.Table, names: list[str]) -> Mapping[str, pa.Array]:
    from scoring.segments.assignment import NONE, State
    from scoring.segments.levels import LEVELS
    from scoring.segments.model import joined

    codes = model.codes(part["merchant_id"].to_pylist())
    nothing = np.zeros(part.num_rows, np.int64)
    scores = model.score(joined(_matrix(part, names), codes, State(nothing + NONE, nothing)))
    levels = pa.array(LEVELS)
    return {
        "segment": levels.take(pa.array(scores.segment.astype(np.int64))),
        "own_distance": pa.array(scores.own_distance),
        "runner_up_distance": pa.array(scores.runner_up_distance),
    }


def _values(model: Any, part: pa.Table, names: list[str]) -> Mapping[str, pa.Array]:
    merchants = np.array(part["merchant_id"].to_pylist(), object)
    scores = model.score(np.column_stack([_matrix(part, names), model.coded(merchants)]))
    return {
        name: pa.array(getattr(scores, name))
        for name in (answer.name for answer in JOBS["value_customers"].answers)
    }


def _demand(model: Any, part: pa.Table, names: list[str]) -> Mapping[str, pa.Array]:
    forecasts = model.score(_matrix(part, names))
    answers = {
        answer.name: _as_text(getattr(forecasts, answer.name))
        for answer in JOBS["forecast_demand"].answers
    }
    code = classes.of(model.past(_matrix(part, names)))
    return answers | {
        "demand_class": pa.array(CLASSES).take(pa.array(code)),
        "method": pa.array(model.methods(code), pa.string()),
        "expected_units": pa.array(forecasts.mean_units.sum(axis=1)),
        "daily_scatter": pa.array(model.scatter.daily[code]),
        "level_scatter": pa.array(model.scatter.level[code]),
    }


def _as_text(values: Floats) -> pa.Array:
    """Return the rows of a matrix as Postgres reads arrays."""
    rows = lists_of(values, np.ones(len(values), bool)).cast(pa.list_(pa.string()))
    return pc.binary_join_element_wise("{", pc.binary_join(rows, ","), "}", "")


def _matrix(part: pa.Table, names: list[str]) -> Matrix:
    columns: list[Floats] = [part[name].to_numpy() for name in names]
    return np.column_stack(columns)


def _filled(connection: psycopg.Connection[Any], ledger: str, given: list[str]) -> dict[str, str]:
    """Return a constant for each other column of the ledger that must have a value."""
    needed = connection.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = %s::regclass and attnum > 0 and attnotnull and not atthasdef",
        (ledger,),
    ).fetchall()
    constants = NOTHING | {
        "uuid": f"'{'0' * 8}-0000-0000-0000-{'0' * 12}'",
        "bytea": rf"'\x{'00' * 32}'",
    }
    return {
        name: "ok" if name.endswith("_status") else constants[type_].strip("'")
        for name, type_ in needed
        if name not in given
    }


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
