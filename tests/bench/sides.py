"""Measure one side once: a copy of the template, the hour's file, a process, its seconds."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import histories, traffic
from tests.bench.nights import ROLES
from tests.bench.traffic import Traffic
from tests.bench.world import FOLDER, Bench, BenchError


def of_roles(*steps: str) -> tuple[str, ...]:
    """Return the names of steps of a night, which runs them for each of its models."""
    return tuple(f"{step} {role}" for step in steps for role in ROLES)


#: The stages of an hour or a night, and the steps of either side that belong to each.
STAGES = {
    "ingest": ("ingest", "admit"),
    "build": ("build", *of_roles("build")),
    "score": ("claim", "score", *of_roles("claim", "score")),
    "publish": ("publish", *of_roles("publish")),
    "gates": (
        *("validate_raw", "validate_features", "validate_decisions"),
        *of_roles("validate_features", "validate_decisions"),
    ),
    "airflow": ("airflow",),
}
#: Measurements during an hour or a night that are not part of it.
BESIDE = (
    *("reference", "score_one_by_one", "closure", "closure_fast", "refit"),
    "simulate_in_force",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """Hold the measurement of one process.

    Args:
        rows: the number of decided rows.
        seconds: of its steps.
        peak_mib: of resident memory.
    """

    rows: int
    seconds: dict[str, float]
    peak_mib: float

    @property
    def total(self) -> float:
        """Return the seconds of all steps, without additional measurements."""
        return sum(taken for name, taken in self.seconds.items() if name not in BESIDE)

    @property
    def rate(self) -> float:
        """Return rows per second, end to end."""
        return self.rows / self.total

    def stage(self, name: str) -> float:
        """Return the seconds of a stage, on either side."""
        return sum(self.seconds.get(step, 0.0) for step in STAGES[name])


def read(told: dict[str, Any], wanted: Traffic) -> Measured:
    """Return the measurement of a side, if it decided every good row and no bad one."""
    done = Measured(told["rows"], told["seconds"], told["peak_mib"])
    is_whole = done.rows < wanted.rows if wanted.bad_share else done.rows == wanted.rows
    if not is_whole:
        raise BenchError(f"{done.rows:,} rows came through of an hour of {wanted.rows:,}")
    return done


def ours(
    bench: Bench,
    wanted: Traffic,
    *,
    keep_for_floor: bool = False,
    only_ingest: bool = False,
    one_by_one: bool = False,
    with_closure: bool = False,
) -> Measured:
    """Run the product on the hour.

    Args:
        bench: the cluster.
        wanted: the hour and its history.
        keep_for_floor: leave the files that the floor copies in.
        only_ingest: end after the admission of the hour.
        one_by_one: score the hour once more, one shard after the other, beside its stages.
        with_closure: run the whole closure afterwards, and the fast one, beside its stages.
    """
    template = histories.template(bench, wanted)
    kept = bench.folder / "floor"
    with bench.copy(template) as (database, objects):
        with bench.connect(database) as connection:
            traffic.write_hour(connection, wanted, bench.start, objects / FOLDER)
        request = {
            "pins": bench.pins,
            "start": bench.start.isoformat(),
            "compiled": str(kept / "compiled.json"),
            "only_ingest": only_ingest,
            "one_by_one": one_by_one,
            "with_closure": with_closure,
        }
        told = bench.child("tests.bench.ours", request, database, objects)
        if keep_for_floor:
            _keep(bench, database, kept)
    return read(told, wanted)


def simulations(bench: Bench, wanted: Traffic) -> Measured:
    """Run the product on the hour, and simulate policies on its decisions in another process."""
    with bench.copy(histories.template(bench, wanted)) as (database, objects):
        with bench.connect(database) as connection:
            traffic.write_hour(connection, wanted, bench.start, objects / FOLDER)
        request = {
            "pins": bench.pins,
            "start": bench.start.isoformat(),
            "compiled": str(bench.folder / "floor" / "compiled.json"),
            **dict.fromkeys(("only_ingest", "one_by_one", "with_closure"), False),
        }
        read(bench.child("tests.bench.ours", request, database, objects), wanted)
        request = {"start": bench.start.isoformat(), "folder": str(objects)}
        told = bench.child("tests.bench.simulations", request, database, objects)
    return read(told, wanted)


def _keep(bench: Bench, database: str, kept: Path) -> None:
    """Keep the hour in the form of the tables."""
    with bench.connect(database) as connection:
        newest = "(select max(delivery_seq) from raw.deliveries)"
        for table in ("deliveries", "transaction_versions", "transactions"):
            query = f"copy (select * from raw.{table} where delivery_seq = {newest}) to stdout"
            reading = connection.cursor().copy(query.encode())
            with (kept / table).open("wb") as file, reading as copy:
                for block in copy:
                    file.write(block)


def floor(bench: Bench, wanted: Traffic) -> Measured:
    """Run the bare script on the hour that `ours` has kept."""
    kept = bench.folder / "floor"
    with bench.copy(histories.template(bench, wanted)) as (database, objects):
        with bench.connect(database) as connection:
            day = bench.start.date()
            connection.execute("select raw.ensure_transaction_days(%s, %s)", (day, day))
        request = {
            "conninfo": bench.cluster.conninfo(database),
            "files": {
                f"raw.{table}": str(kept / table)
                for table in ("deliveries", "transaction_versions", "transactions")
            },
            "compiled": str(kept / "compiled.json"),
            "model": str(bench.model),
            "parquet": str(objects / "results.parquet"),
        }
        told = bench.child("tests.bench.floor", request, database, objects)
    return read(told, wanted)


def pandas_pipeline(bench: Bench, wanted: Traffic) -> Measured:
    """Run the pandas script on the hour."""
    with bench.copy(histories.template(bench, wanted)) as (database, objects):
        with bench.connect(database) as connection:
            traffic.write_hour(connection, wanted, bench.start, objects)
        (file,) = objects.glob("*.csv")
        url = (
            f"postgresql+psycopg://postgres:{bench.cluster.password}"
            f"@127.0.0.1:{bench.cluster.port}/{database}"
        )
        request = {"file": str(file), "url": url}
        told = bench.child("tests.bench.pandas_pipeline", request, database, objects)
    return read(told, wanted)


def forget(bench: Bench) -> None:
    """Remove the files that were kept for the floor."""
    shutil.rmtree(bench.folder / "floor", ignore_errors=True)
