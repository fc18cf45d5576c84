"""Publish: one transaction moves a validated run into the ledger, whole or not at all.

The Parquet file is written beside that transaction, which does not commit without it, and is named
by its content; the manifest is written after it: a reader of manifests sees published runs only. A
second publish finds the run published and only makes sure of the manifest.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import structlog
from psycopg import sql

from features.platform import failpoints, lists, readers, seals
from features.platform.errors import ContractError
from features.platform.objects import ObjectStore
from scoring.domains import JOBS
from scoring.evidence import closure, published_files
from scoring.runs import leases, population, record, scored_table, verdicts
from scoring.runs.job import Job, quoted
from scoring.runs.ledger import arrow_type, as_text, file_type
from scoring.runs.record import State

log = structlog.get_logger(__name__)

STEP = "publish"
#: How long the rows may wait in their transaction for the file, which a slow object store takes:
#: as long as Airflow gives the task.
PATIENCE = "1h"


class RowsLostError(ContractError):
    """A server crash has taken the scored rows; nothing was published."""


@dataclass(frozen=True, slots=True)
class Parquet:
    """One published file."""

    object_name: str
    sha256: str
    rows: int


def publish(run_id: UUID, conninfo: str, store: ObjectStore) -> record.Run:
    """Publish a validated run.

    Args:
        run_id: the run.
        conninfo: of role `score`.
        store: the object store of the published files.

    Returns:
        The published run.

    Raises:
        RowsLostError: a crash of the server has taken the scored rows.
        ContractError: the run is not validated, a verdict of its gates is missing or stale, it does
            not close, or a row is decided already.
        FencedError: a newer attempt has taken over.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        run = record.load(connection, run_id)
        job = JOBS[run.job]
        if run.state is State.VALIDATED:
            lease = leases.take(connection, run_id, STEP)
            # the attempt before may have got through before its session ended
            run = record.load(connection, run_id)
        if run.state is State.VALIDATED:
            if scored_table.is_lost(connection, run):
                raise RowsLostError(
                    f"the scored rows of run {run_id} were lost in a crash of the server; nothing "
                    "was published; run the step `score` again, and the steps after it"
                )
            failpoints.reach("before_publish")
            # at once, in two sessions: Postgres writes on one core, this process on the other
            with (
                leases.held(conninfo, lease),
                leases.second_session(conninfo, lease) as reading,
                ThreadPoolExecutor(1, "parquet") as writer,
            ):
                written = writer.submit(_write_parquet, reading, job, run, store)
                _move_to_ledger(connection, job, run, lease, written)
            failpoints.reach("after_commit")
            run = record.load(connection, run_id)
            log.info("run_published", job=run.job, run_id=str(run_id), rows=run.rows_claimed)
        elif run.state is not State.PUBLISHED:
            raise ContractError(
                f"run {run_id} is {run.state}: only a run whose decisions were validated is "
                "published; run the steps before this one"
            )
        failpoints.reach("before_manifest")
        write_manifest(run, store)
        failpoints.reach("after_manifest")
        population.drop(connection, run.tables)
    return run


def write_manifest(run: record.Run, store: ObjectStore) -> bool:
    """Write the manifest of a published run unless it exists; return whether it was written."""
    if run.parquet is None:
        raise ContractError(f"run {run.run_id} is published without a file")
    manifest = published_files.claims(run.run_id, run.parquet, run.seal) | {
        "job": run.job,
        "window_start": run.window_start.isoformat(),
        "window_end": run.window_end.isoformat(),
        "models": run.models,
        "policy_version": run.policy_version,
    }
    content = json.dumps(manifest, indent=2, sort_keys=True).encode()
    return store.put_if_absent(published_files.manifest_name(run.parquet), content)


def _write_parquet(
    connection: psycopg.Connection[Any], job: Job, run: record.Run, store: ObjectStore
) -> Parquet:
    """Stream the run's decisions into a Parquet file and store it under its own hash."""
    columns = sql.SQL(", ").join(as_text(name, kind) for name, kind in job.columns.items())
    query = sql.SQL("select {} from {} order by chunk, {}").format(
        columns, quoted(run.tables.decisions), job.subject_id
    )
    read = {name: arrow_type(kind) for name, kind in job.columns.items()}
    schema = pa.schema([(name, file_type(kind)) for name, kind in job.columns.items()])
    with tempfile.TemporaryDirectory(prefix="vesper-publish-") as folder:
        path = Path(folder) / "part.parquet"
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for batch in readers.stream(connection, query, read):
                writer.write_batch(_with_lists(batch, schema))
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        rows = pq.read_metadata(path).num_rows  # the count that a reader of the file gets
        name = f"published/{job.published}/run={run.run_id}/{digest}.parquet"
        store.put(name, path)
    return Parquet(name, digest, rows)


def _with_lists(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch in which the texts of lists are lists."""
    arrays = [
        lists.from_text(column, field.type.value_type) if pa.types.is_list(field.type) else column
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _move_to_ledger(
    connection: psycopg.Connection[Any],
    job: Job,
    run: record.Run,
    lease: leases.Lease,
    written: Future[Parquet],
) -> None:
    """Insert the rows and, once the file is written, close the run, in one transaction."""
    columns = sql.SQL(", ").join(map(sql.Identifier, job.columns))
    source = quoted(run.tables.decisions)
    try:
        with connection.transaction():
            inserted = connection.execute(
                sql.SQL("insert into {} ({}) select {} from {}").format(
                    job.ledger_table, columns, columns, source
                )
            ).rowcount
            failpoints.reach("inside_publish")
            connection.execute(
                "select set_config('idle_in_transaction_session_timeout', %s, true)", (PATIENCE,)
            )
            parquet = written.result()
            lease.advance(connection)  # last: its lock must not wait for the object store
            _require_gates(connection, job, run)
            _require_closure(connection, job, run, parquet)
            updated = connection.execute(
                "update decisions.runs set state = 'published', rows_published = %s, "
                "parquet = %s, published_at = clock_timestamp() "
                "where run_id = %s and state = 'validated'",
                (
                    inserted,
                    json.dumps(
                        {
                            "object_name": parquet.object_name,
                            "sha256": parquet.sha256,
                            "rows": parquet.rows,
                        }
                    ),
                    run.run_id,
                ),
            ).rowcount
            if updated != 1:
                raise ContractError(f"run {run.run_id} was no longer validated at its publishing")
            seals.seal(connection, "run", run.run_id)
    except psycopg.errors.UniqueViolation as error:
        raise ContractError(_conflict(connection, job, run, error)) from None


def _require_gates(connection: psycopg.Connection[Any], job: Job, run: record.Run) -> None:
    """Refuse a run whose gates have not looked at exactly these rows, whatever its state says."""
    # of a run that is not scored, no verdict is new enough
    scored_at = record.load(connection, run.run_id).scored_at or datetime.max.replace(tzinfo=UTC)
    subject, rows = str(run.run_id), run.rows_claimed
    gates = (
        verdicts.Gate(job.gates.features.name, subject, run.tables.features, rows, run.claimed_at),
        verdicts.Gate(job.gates.decisions.name, subject, run.tables.decisions, rows, scored_at),
    )
    if faults := verdicts.missing(connection, gates):
        raise ContractError(
            f"run {run.run_id} has not passed its gates: {'; '.join(faults)}. Nothing was "
            "published (audit.validation_results holds the verdicts); next: clear the task `admit` "
            "and everything after it, and let every gate look"
        )


def _require_closure(
    connection: psycopg.Connection[Any], job: Job, run: record.Run, parquet: Parquet
) -> None:
    equations = closure.of_run(
        connection, job, run.run_id, claimed=run.rows_claimed, rows_in_file=parquet.rows
    )
    if open_equations := "; ".join(str(equation) for equation in equations if not equation.holds):
        raise ContractError(
            f"the run does not close: {open_equations}. Nothing was published; fail the run and "
            "claim its window again"
        )


def _conflict(
    connection: psycopg.Connection[Any], job: Job, run: record.Run, error: psycopg.Error
) -> str:
    """Name the rows that were decided twice, without the values in Postgres' own message."""
    if error.diag.constraint_name == "runs_one_published_per_window":
        return (
            f"window {run.window_start.isoformat()}/{run.window_end.isoformat()} of {run.job} "
            f"is published already; run {run.run_id} has written nothing"
        )
    rows = connection.execute(
        sql.SQL(
            "select scored.{id} from {scored} as scored inner join {ledger} as ledger "
            "on ledger.{id} = scored.{id} and ledger.revision = scored.revision limit 5"
        ).format(id=job.subject_id, scored=quoted(run.tables.decisions), ledger=job.ledger_table)
    ).fetchall()
    ids = ", ".join(repr(row[0]) for row in rows)
    return (
        f"run {run.run_id} would decide rows that {job.ledger.table} has decided already (among "
        f"them {ids}); nothing was published; fail the run and claim its window again"
    )
