"""The hourly job, through the functions that the DAG's tasks call, with every guarantee on."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import runpy
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from features import build as builder
from features.platform.settings import get_settings
from features.platform.storage import object_store
from infra.local.state import CHECKOUT
from scoring.domains import SCORE_TRANSACTIONS
from scoring.evidence import closure, row_digests
from scoring.runs import leases
from scoring.runs.job import quoted
from scoring.runs.pins import Pins
from scoring.runs.request import Request
from scoring.runs.run_tables import RunTables
from scoring.steps import score
from scoring.steps.pipeline import Pipeline
from tests.bench.stopwatch import Stopwatch
from tests.bench.traffic import HOUR
from tests.bench.world import BenchError


def run(request: dict[str, Any]) -> None:
    """Run the hour.

    Args:
        request: the run's pins, the file that keeps the SQL which dbt compiled, whether the hour
            ends as it is admitted, whether it is scored once more, one shard after the other, and
            whether its closure is looked at.
    """
    warm()
    # forked before anything has run, as the scheduler forks its tasks
    workers = multiprocessing.get_context("fork").Pool(2)
    keep_compiled(Path(request["compiled"]))
    watch = Stopwatch()
    timed = watch.timed
    pipeline = _pipeline(request["pins"])
    deliveries = timed("ingest", pipeline.ingest)
    checks = timed("validate_raw", lambda: pipeline.validate_raw(deliveries))
    admitted = timed("admit", lambda: pipeline.admit(checks))
    if request["only_ingest"]:
        watch.tell(sum(delivery.rows_admitted for delivery in admitted))
        return
    run = timed("claim", lambda: pipeline.claim(_request(request)))
    timed("build", pipeline.build)
    timed("validate_features", lambda: pipeline.validate_features(run.run_id))
    shards = [(request["pins"], run.run_id, shard) for shard in range(run.shards)]
    timed("score", lambda: workers.starmap(_score, shards, chunksize=1))
    if request["one_by_one"]:
        _forget_scored_rows(run.run_id)
        timed("score_one_by_one", lambda: [_score(*shard) for shard in shards])
    timed("validate_decisions", lambda: pipeline.validate_decisions(run.run_id))
    timed("publish", lambda: pipeline.publish(run.run_id))
    workers.close()
    workers.join()
    if request["with_closure"]:
        timed("closure", _close)
        # a past day, seen from today: its rows are counted and not compared
        row_digests.NEWEST = timedelta(seconds=-1)
        timed("closure_fast", lambda: _close(is_fast=True))
    watch.tell(run.rows_claimed)


def _pipeline(pins: dict[str, Any]) -> Pipeline:
    return Pipeline(SCORE_TRANSACTIONS, get_settings(), pins=Pins(**pins))


def _request(request: dict[str, Any]) -> Request:
    start = datetime.fromisoformat(request["start"])
    return Request(start, start + HOUR, "scheduled", "bench")


def _score(pins: dict[str, Any], run_id: UUID, shard: int) -> None:
    """Score one shard, in whichever process."""
    _pipeline(pins).score(run_id, shard)


def _close(*, is_fast: bool = False) -> None:
    settings = get_settings()
    with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
        found = closure.equations(
            connection, SCORE_TRANSACTIONS, store=object_store(settings), is_fast=is_fast
        )
    if problems := [str(one) for one in found if not one.holds]:
        raise BenchError(f"the hour does not close: {'; '.join(problems)}")


def _forget_scored_rows(run_id: UUID) -> None:
    """Empty the run's table, and take every shard back to before its first chunk."""
    conninfo = get_settings().warehouse.conninfo("score")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        table = quoted(RunTables(run_id).decisions)
        connection.execute(sql.SQL("truncate {}").format(table))
        leases.restart_all(connection, run_id, score.STEP)


def warm() -> None:
    """Import what a task finds imported: the scheduler has loaded it before the fork."""
    settings = CHECKOUT / "plugins" / "airflow_local_settings.py"
    for name in (
        *runpy.run_path(str(settings))["LIBRARIES"],
        "expectations",
        "scoring.steps.pipeline",
    ):
        importlib.import_module(name)


def keep_compiled(kept: Path) -> None:
    """Keep what dbt compiled: the floor runs the same SQL, bare.

    Args:
        kept: the file. It holds the first build of each selector; a later one has nothing to do.
    """
    kept.unlink(missing_ok=True)
    original = builder.run_dbt
    built: dict[str, list[dict[str, Any]]] = {}

    def run_dbt(selector: str, variables: Mapping[str, str | int], target: Path) -> Sequence[Any]:
        results: Sequence[Any] = original(selector, variables, target)
        if selector in built:
            return results
        kept.parent.mkdir(parents=True, exist_ok=True)
        built[selector] = [
            {
                "table": f"{one.node.schema}.{one.node.name}",
                "is_appended": one.node.config.materialized == "incremental",
                "settings": [
                    hook.sql for hook in one.node.config.pre_hook if hook.sql.startswith("set ")
                ],
                "query": one.node.compiled_code,
                "indexes": [index.get("columns") for index in one.node.config.get("indexes", [])],
                "seconds": one.execution_time,
            }
            for one in results
        ]
        models = [model for models in built.values() for model in models]
        kept.write_text(json.dumps(models))
        return results

    builder.run_dbt = run_dbt


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
