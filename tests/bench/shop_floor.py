"""The least that a night costs: COPY, the same SQL, the same models, COPY; without a guarantee."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import skops.io

from features.platform.arrays import Floats, Matrix
from features.views import CUSTOMER_NIGHTS
from scoring.domains import JOBS
from tests.bench.floor import build, copy_in
from tests.bench.shop_night import ROLES
from tests.bench.shops import NOTHING
from tests.bench.stopwatch import Stopwatch

CHUNK_ROWS = 50_000
_KEYS = ("customer_night_id", "version", "merchant_id", "customer_id", "day_at")


def run(request: dict[str, Any]) -> None:
    """Run the night.

    Args:
        request: the conninfo, the kept files by table, the compiled SQL, the folder of the models,
            and the folder of the Parquet files.
    """
    watch = Stopwatch()
    rows = 0
    with psycopg.connect(request["conninfo"], autocommit=True) as connection:
        watch.timed("ingest", lambda: copy_in(connection, request["files"]))
        watch.timed("build segments", lambda: build(connection, Path(request["compiled"])))
        for role in ROLES:
            results = watch.timed(
                f"score {role}", partial(_score, connection, role, request["models"])
            )
            target = Path(request["parquet"]) / f"{role}.parquet"
            watch.timed(
                f"publish {role}", partial(pq.write_table, results, target, compression="zstd")
            )
            rows = results.num_rows
            del results
    watch.tell(rows)


def _score(connection: psycopg.Connection[Any], role: str, models: str) -> pa.Table:
    """Load the model; read, predict and write in chunks; return all rows for the file."""
    file = Path(models) / f"{role}.skops"
    model = skops.io.load(file, trusted=skops.io.get_untrusted_types(file=file))
    names = list(model.features)
    table = _read(connection, names)
    answer = _segments if role == "segments" else _values
    done = [
        _results(part, answer(model, part, names))
        for part in (
            table.slice(first, CHUNK_ROWS) for first in range(0, table.num_rows, CHUNK_ROWS)
        )
    ]
    results = pa.concat_tables(done)
    ledger = JOBS[ROLES[role]].ledger.table
    columns = _filled(connection, ledger, results.column_names)
    command = (
        f"copy {ledger} ({', '.join([*results.column_names, *columns])}) from stdin (format csv)"
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


def _read(connection: psycopg.Connection[Any], names: list[str]) -> pa.Table:
    flags = {
        name
        for (name,) in connection.execute(
            "select column_name from information_schema.columns where table_schema = 'marts' "
            "and table_name = 'feat_customer_nights' and data_type = 'boolean'"
        )
    }
    columns = [f"{name}::{'int::' * (name in flags)}float8" for name in names]
    query = (
        f"copy (select {', '.join([*_KEYS, *columns])} from {CUSTOMER_NIGHTS.table} "
        f"where day_at = (select max(day_at) from {CUSTOMER_NIGHTS.table})) to stdout (format csv)"
    )
    with connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
        text = b"".join(bytes(block) for block in copy)
    types = {name: pa.string() for name in _KEYS if name != "version"}
    return pyarrow.csv.read_csv(
        pa.BufferReader(text),
        pyarrow.csv.ReadOptions(column_names=[*_KEYS, *names], use_threads=False),
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
        for name in (answer.name for answer in JOBS[ROLES["value"]].answers)
    }


def _matrix(part: pa.Table, names: list[str]) -> Matrix:
    columns: list[Floats] = [part[name].to_numpy() for name in names]
    return np.column_stack(columns)


def _results(part: pa.Table, answers: Mapping[str, pa.Array]) -> pa.Table:
    keys = {name: part[name] for name in _KEYS}
    return pa.table(keys | dict(answers))


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
