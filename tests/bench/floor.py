"""The floor is a bare script that does only the unavoidable work, without checks or guarantees.

COPY the file in, run the feature SQL that dbt had compiled, COPY the matrix out, call the same
model, COPY the results in, write the Parquet. The script writes into the same logged tables with
the same keys, by one COPY stream and one thread. The file already has the columns of the table, so
there is no parsing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import skops.io

import scoring.fraud.model  # noqa: F401 - the class that the file names
from tests.bench.stopwatch import Stopwatch

CHUNK_ROWS = 50_000
_NOBODY = "00000000-0000-0000-0000-000000000000"


def run(request: dict[str, Any]) -> None:
    """Run the floor.

    Args:
        request: the address of the database, the files, the compiled SQL, the model.
    """
    watch = Stopwatch()
    timed = watch.timed
    with psycopg.connect(request["conninfo"], autocommit=True) as connection:
        timed("ingest", lambda: copy_in(connection, request["files"]))
        timed("build", lambda: build(connection, Path(request["compiled"])))
        timed("reference", lambda: _reference(connection))
        results = timed("score", lambda: _score(connection, request["model"]))
        timed("publish", lambda: pq.write_table(results, request["parquet"]))
    watch.tell(results.num_rows)


def copy_in(connection: psycopg.Connection[Any], files: dict[str, str]) -> None:
    with connection.transaction():
        for table, path in files.items():
            command = f"copy {table} from stdin".encode()
            with Path(path).open("rb") as file, connection.cursor().copy(command) as copy:
                while block := file.read(1 << 20):
                    copy.write(block)


def build(connection: psycopg.Connection[Any], compiled: Path) -> None:
    """Run the compiled models in dbt's order, each in one transaction with its own settings."""
    for model in json.loads(compiled.read_text()):
        with connection.transaction():
            for setting in model["settings"]:
                connection.execute(setting.encode())
            _build(connection, model)


def _build(connection: psycopg.Connection[Any], model: dict[str, Any]) -> None:
    query, table = model["query"], model["table"]
    if model["is_appended"]:
        # a table may have another order of columns than the query
        found = connection.execute(f"select * from ({query}) as appended limit 0".encode())
        names = ", ".join(column.name for column in found.description or ())
        connection.execute(f"insert into {table} ({names}) {query}".encode())
        return
    connection.execute(f"drop table if exists {table}".encode())
    connection.execute(f"create unlogged table {table} as {query}".encode())
    for columns in model["indexes"]:
        connection.execute(f"create index on {table} ({', '.join(columns)})".encode())
    connection.execute(f"analyze {table}".encode())


def _reference(connection: psycopg.Connection[Any]) -> None:
    """Compute the plainest windows of the hour: count and sum over 3, 6, 12 and 24 hours.

    The source is raw, as for the features: the rows of the hour's customers, a day back.
    """
    newest = connection.execute(
        "select delivery_seq, first_occurred_at - interval '24 hours' from raw.deliveries "
        "order by delivery_seq desc nulls last limit 1"
    ).fetchone()
    assert newest is not None
    columns = ", ".join(
        f"count(*) over past_{hours} as count_{hours}, "
        f"sum(amount_base_minor) over past_{hours} as sum_{hours}"
        for hours in (3, 6, 12, 24)
    )
    windows = ", ".join(
        f"past_{hours} as (partition by customer_id order by occurred_at "
        f"range between interval '{hours} hours' preceding and current row)"
        for hours in (3, 6, 12, 24)
    )
    # with the statistics of an hour ago, Postgres would look 900,000 customers up one by one
    connection.execute(b"set enable_nestloop = off")
    connection.execute(
        f"""
        create unlogged table public.reference as
        select * from (
            select transaction_id, version, delivery_seq, {columns}
            from raw.transactions
            where
                occurred_at >= timestamptz '{newest[1]}'
                and customer_id in (
                    select customer_id from raw.transactions
                    where delivery_seq = {newest[0]} and occurred_at >= timestamptz '{newest[1]}'
                )
            window {windows}
        ) as summed
        where delivery_seq = {newest[0]}
        """.encode()
    )
    connection.execute(b"reset enable_nestloop")


def _score(connection: psycopg.Connection[Any], model_file: str) -> pa.Table:
    """Load the model; read, predict and write in chunks; return all rows for the file."""
    model = skops.io.load(model_file, trusted=skops.io.get_untrusted_types(file=model_file))
    names = list(model.features)
    typed = {
        row[0]: row[1]
        for row in connection.execute(
            "select column_name, data_type from information_schema.columns "
            "where table_schema = 'marts' and table_name = 'feat_transactions'"
        )
    }
    columns = [f"{name}::{'int::' * (typed[name] == 'boolean')}float8" for name in names]
    keys = ["transaction_id", "version", "customer_id", "occurred_at"]
    query = (
        f"copy (select {', '.join(keys + columns)} from marts.feat_transactions "
        "where delivery_seq = (select max(delivery_seq) from marts.feat_transactions)) "
        "to stdout (format csv)"
    )
    read: list[bytes] = []
    with connection.cursor() as cursor, cursor.copy(query.encode()) as copy:
        read.extend(bytes(block) for block in copy)
    table = pyarrow.csv.read_csv(
        pa.BufferReader(b"".join(read)),
        pyarrow.csv.ReadOptions(column_names=keys + names, use_threads=False),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={"occurred_at": pa.string()} | dict.fromkeys(names, pa.float64())
        ),
    )
    read.clear()
    done = []
    for start in range(0, table.num_rows, CHUNK_ROWS):
        part = table.slice(start, CHUNK_ROWS)
        matrix = np.column_stack([part[name].to_numpy() for name in names])
        scores = model.score(matrix)
        done.append(_results(part, scores))
    results = pa.concat_tables(done)
    command = (
        f"copy decisions.transaction_decisions ({', '.join(results.column_names)}) "
        "from stdin (format csv)"
    )
    with connection.cursor() as cursor, cursor.copy(command.encode()) as copy:
        for batch in results.to_batches(max_chunksize=65_536):
            sink = pa.BufferOutputStream()
            pyarrow.csv.write_csv(batch, sink, pyarrow.csv.WriteOptions(include_header=False))
            copy.write(sink.getvalue())
    return results


def _results(part: pa.Table, scores: Any) -> pa.Table:
    """Return rows of the ledger: two thresholds, and the same text in every other column."""
    rows = part.num_rows
    declined = scores.fraud_probability > 0.5
    constant = {
        "revision": pa.repeat(0, rows),
        "run_id": pa.repeat(_NOBODY, rows),
        "fraud_status": pa.repeat("ok", rows),
        "anomaly_status": pa.repeat("ok", rows),
        "is_degraded": pa.repeat(False, rows),
        "reasons": pa.repeat('[{"code": "F001"}]', rows),
        "rule_hits": pa.repeat("{}", rows),
        "feature_view": pa.repeat("transactions", rows),
        "feature_sha256": pa.repeat(r"\x" + "00" * 32, rows),
        "model_version": pa.repeat("1", rows),
        "policy_version": pa.repeat("1", rows),
        "decided_at": pa.repeat("2026-01-01 00:05:00+00", rows),
        "processing_time_ms": pa.repeat(0.1, rows),
    }
    return pa.table(
        {
            "transaction_id": part["transaction_id"],
            "version": part["version"],
            "customer_id": part["customer_id"],
            "occurred_at": part["occurred_at"],
            "decision": pa.array(np.where(declined, "decline", "approve")),
            "fraud_probability": pa.array(scores.fraud_probability),
            "anomaly_score": pa.array(scores.anomaly_score),
            **constant,
        }
    )


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
