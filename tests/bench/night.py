"""Run a night of jobs, through the functions that the tasks call, with every guarantee on."""

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
from tests.bench import night_models
from tests.bench.nights import JOBS_BY_ROLE
from tests.bench.ours import keep_compiled, warm
from tests.bench.stopwatch import Stopwatch
from tests.bench.traffic import DAY


def run(request: dict[str, Any]) -> None:
    """Take the files of the day in, then run one job after the other.

    Args:
        request: the kind of night, the day, the pins by role, the file that keeps the SQL which dbt
            compiled, and whether the models are fitted anew, beside the stages.
    """
    warm()
    # forked before anything has run, as the scheduler forks its tasks
    workers = multiprocessing.get_context("fork").Pool(2)
    keep_compiled(Path(request["compiled"]))
    watch = Stopwatch()
    start = datetime.fromisoformat(request["start"])
    jobs = JOBS_BY_ROLE[request["kind"]]
    first = _pipeline(next(iter(jobs.values())), next(iter(request["pins"].values())))
    deliveries = watch.timed("ingest", first.ingest)
    checks = watch.timed("validate_raw", lambda: first.validate_raw(deliveries))
    watch.timed("admit", lambda: first.admit(checks))
    rows = 0
    for role, job in jobs.items():
        rows = max(rows, _decide(role, job, request["pins"][role], start, watch, workers))
    workers.close()
    workers.join()
    if request["with_refit"]:
        watch.timed("refit", lambda: night_models.fitted(request["kind"]))
    watch.tell(rows)


def _decide(
    role: str,
    job: str,
    pins: dict[str, Any],
    start: datetime,
    watch: Stopwatch,
    workers: Any,
) -> int:
    """Run the steps of one job; return the number of its customers, series or products."""
    pipeline = _pipeline(job, pins)
    asked = Request(start, start + DAY, "scheduled", "bench")
    run = watch.timed(f"claim {role}", lambda: pipeline.claim(asked))
    watch.timed(f"build {role}", pipeline.build)
    watch.timed(f"validate_features {role}", lambda: pipeline.validate_features(run.run_id))
    shards = [(job, pins, run.run_id, shard) for shard in range(run.shards)]
    watch.timed(f"score {role}", lambda: workers.starmap(_score, shards, chunksize=1))
    watch.timed(f"validate_decisions {role}", lambda: pipeline.validate_decisions(run.run_id))
    watch.timed(f"publish {role}", lambda: pipeline.publish(run.run_id))
    return int(run.rows_claimed)


def _pipeline(job: str, pins: dict[str, Any]) -> Pipeline:
    return Pipeline(JOBS[job], get_settings(), pins=Pins(**pins))


def _score(job: str, pins: dict[str, Any], run_id: UUID, shard: int) -> None:
    """Score one shard, in whichever process."""
    _pipeline(job, pins).score(run_id, shard)


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
