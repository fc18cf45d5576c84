"""Measure a night once: a copy of the history, the files of the day, a process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.bench import night_templates, nights
from tests.bench.nights import Night
from tests.bench.sides import Measured
from tests.bench.world import Bench, BenchError


def ours(
    bench: Bench, wanted: Night, *, keep_for_floor: bool = False, with_refit: bool = False
) -> Measured:
    """Run the jobs of the product on the night.

    Args:
        bench: the cluster.
        wanted: the day and its history.
        keep_for_floor: leave the files that the floor copies in.
        with_refit: fit the models anew afterwards, beside the stages.
    """
    name, pins = night_templates.template(bench, wanted)
    kept = bench.folder / "floor"
    kept.mkdir(exist_ok=True)
    with night_templates.copy(bench, name, wanted) as (database, objects):
        with bench.connect(database) as connection:
            nights.write_day(connection, wanted, night_templates.day(bench), objects)
        request = {
            "kind": wanted.kind,
            "pins": pins,
            "start": night_templates.day(bench).isoformat(),
            "compiled": str(kept / "compiled.json"),
            "with_refit": with_refit,
        }
        told = night_templates.child(bench, wanted, "tests.bench.night", request, database, objects)
        if keep_for_floor:
            _keep(bench, database, wanted, kept)
    return _read(told, wanted)


def floor(bench: Bench, wanted: Night) -> Measured:
    """Run the bare script on the night that `ours` has kept."""
    kept = bench.folder / "floor"
    name, _ = night_templates.template(bench, wanted)
    with night_templates.copy(bench, name, wanted) as (database, objects):
        request = {
            "kind": wanted.kind,
            "conninfo": bench.cluster.conninfo(database),
            "files": json.loads((kept / "tables.json").read_text()),
            "compiled": str(kept / "compiled.json"),
            "models": str(night_templates.models(bench, wanted)),
            "parquet": str(objects),
        }
        told = night_templates.child(
            bench, wanted, "tests.bench.night_floor", request, database, objects
        )
    return _read(told, wanted)


def _read(told: dict[str, Any], wanted: Night) -> Measured:
    """Return the measurement of a side, if it decided the customers or series of the night."""
    done = Measured(told["rows"], told["seconds"], told["peak_mib"])
    if done.rows < 0.95 * wanted.subjects:
        raise BenchError(f"{done.rows:,} of {wanted.subjects:,} {wanted.kind} were decided")
    return done


def _keep(bench: Bench, database: str, wanted: Night, kept: Path) -> None:
    """Keep the rows of the day in the form of the tables."""
    files = {}
    history = "(select max(delivery_seq) from raw.deliveries where load_kind = 'history')"
    with bench.connect(database) as connection:
        for table in ("deliveries", *(feed.name for feed in wanted.feeds)):
            columns = ", ".join(
                name
                for (name,) in connection.execute(
                    "select attname from pg_attribute where attrelid = %s::regclass "
                    "and attnum > 0 and not attisdropped and attgenerated = ''",
                    (f"raw.{table}",),
                )
            )
            query = (
                f"copy (select {columns} from raw.{table} where delivery_seq > {history}) to stdout"
            )
            reading = connection.cursor().copy(query.encode())
            with (kept / table).open("wb") as file, reading as copy:
                for block in copy:
                    file.write(block)
            files[f"raw.{table} ({columns})"] = str(kept / table)
    (kept / "tables.json").write_text(json.dumps(files))
