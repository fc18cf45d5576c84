"""Run a night of both jobs, through the functions that the tasks call, with every guarantee on."""

from __future__ import annotations

import json
import multiprocessing
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from features.platform.settings import get_settings
from scoring.domains import JOBS
from scoring.runs.pins import Pins
from scoring.runs.request import Request
from scoring.steps.pipeline import Pipeline
from tests.bench.ours import keep_compiled, warm
from tests.bench.stopwatch import Stopwatch
from tests.bench.traffic import DAY

#: The jobs of a night by the role of their model, in the order of their schedules.
ROLES = {"segments": "segment_customers", "value": "value_customers"}


def run(request: dict[str, Any]) -> None:
    """Take the day's file in, then run one job after the other.

    Args:
        request: the day, the pins by role, and the file that keeps the SQL which dbt compiled.
    """
    warm()
    # forked before anything has run, as the scheduler forks its tasks
    workers = multiprocessing.get_context("fork").Pool(2)
    keep_compiled(Path(request["compiled"]), only_first=True)
    watch = Stopwatch()
    start = datetime.fromisoformat(request["start"])
    first = _pipeline("segments", request["pins"])
    deliveries = watch.timed("ingest", first.ingest)
    checks = watch.timed("validate_raw", lambda: first.validate_raw(deliveries))
    watch.timed("admit", lambda: first.admit(checks))
    rows = 0
    for role in ROLES:
        rows = _decide(role, request["pins"], start, watch, workers)
    workers.close()
    workers.join()
    watch.tell(rows)


def _decide(
    role: str, pins: dict[str, Any], start: datetime, watch: Stopwatch, workers: Any
) -> int:
    """Run the steps of one job; return the number of its customers."""
    pipeline = _pipeline(role, pins)
    asked = Request(start, start + DAY, "scheduled", "bench")
    run = watch.timed(f"claim {role}", lambda: pipeline.claim(asked))
    watch.timed(f"build {role}", pipeline.build)
    watch.timed(f"validate_features {role}", lambda: pipeline.validate_features(run.run_id))
    shards = [(role, pins, run.run_id, shard) for shard in range(run.shards)]
    watch.timed(f"score {role}", lambda: workers.starmap(_score, shards, chunksize=1))
    watch.timed(f"validate_decisions {role}", lambda: pipeline.validate_decisions(run.run_id))
    watch.timed(f"publish {role}", lambda: pipeline.publish(run.run_id))
    return int(run.rows_claimed)


def _pipeline(role: str, pins: dict[str, Any]) -> Pipeline:
    return Pipeline(JOBS[ROLES[role]], get_settings(), pins=Pins(**pins[role]))


def _score(role: str, pins: dict[str, Any], run_id: UUID, shard: int) -> None:
    """Score one shard, in whichever process."""
    _pipeline(role, pins).score(run_id, shard)


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
