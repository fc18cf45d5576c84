"""Airflow really maps `score` over the shards of the claimed run, and then goes on with the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.airflow_process import DAGS, told_in_airflow

# Each step of the core tells instead what it was called with; the wiring between them is Airflow's.
RUN_THROUGH = """
import json, sys

from airflow.dag_processing.dagbag import DagBag
from airflow.utils.db import initdb

from orchestration import cases, gates, steps

initdb()
name, shards = sys.argv[2], json.loads(sys.argv[3])
receipt = {"run_id": "r", "window": ["a", "b"], "shards": shards}
called = []


def tells(step, answer):
    return lambda *given: called.append([step, *given]) or answer


cases.deliver = tells("deliver", None)
steps.skip_without = tells("skip_without", None)
steps.ingest = gates.validate_raw = lambda *given: []
steps.admit_deliveries = lambda *given: []
steps.claim = lambda *given: receipt
steps.build = lambda selector: {"selector": selector}
steps.score = tells("score", receipt)
gates.validate_run = tells("validate", {"verdict": "passed"})
steps.publish = tells("publish", receipt)

dag = DagBag(sys.argv[1]).dags[name]
form = {"start": "2026-11-20T00:00:00Z", "end": "2026-11-21T00:00:00Z"}
state = dag.test(run_conf=form).state
found = [
    dict(zip(("step", "run_id", "shard"), (step, given[0]["run_id"], *given[1:])))
    for step, *given in called
    if step in {"score", "publish"}
]
print("JSON" + json.dumps({"state": state, "found": found}))
"""


@pytest.mark.parametrize(
    ("dag", "shards"),
    [("score_transactions", [0]), ("score_transactions", [0, 1]), ("score_applications", [0, 1])],
)
def test_a_run_is_scored_by_one_task_for_each_of_its_shards(
    dag: str, shards: list[int], tmp_path: Path
) -> None:
    told = told_in_airflow(tmp_path, "-c", RUN_THROUGH, str(DAGS), dag, json.dumps(shards))

    assert told["state"] == "success"
    *scored, published = told["found"]
    # the shards of a run go in any order, or at once
    assert sorted(scored, key=lambda one: one["shard"]) == [
        {"step": "score", "run_id": "r", "shard": shard} for shard in shards
    ]
    assert published == {"step": "publish", "run_id": "r"}
