"""Airflow maps `score` over the shards of the claimed run and then continues the run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.airflow_process import DAGS, run_in_airflow

# Each step of the core is replaced by a recorder of its calls; the wiring between them is
# Airflow's.
RUN_THROUGH = """
import json, sys

from airflow.dag_processing.dagbag import DagBag
from airflow.utils.db import initdb

from orchestration import cases, steps

initdb()
receipt = {"run_id": "r", "window": ["a", "b"]}
called, answers = [], []


def tells(step, answer):
    return lambda *given: called.append([step, *given]) or answer


cases.deliver = tells("deliver", None)
steps.skip_without = tells("skip_without", None)
steps.ingest = steps.validate_raw = lambda *given: []
steps.admit = lambda *given: []
steps.claim = lambda *given: dict(receipt)
steps.build_for = lambda job: {"selector": job}
steps.score = tells("score", receipt)
steps.validate_features = steps.validate_decisions = tells("validate", {"verdict": "passed"})
steps.publish = tells("publish", receipt)


def shadow(job, context):
    called.append(["shadow", job, receipt])
    if fails:
        raise RuntimeError("a challenger has ended the task")
    return receipt


steps.shadow = shadow

dags = DagBag(sys.argv[1]).dags
form = {"start": "2026-11-20T00:00:00Z", "end": "2026-11-21T00:00:00Z"}
for name, shards, fails in json.loads(sys.argv[2]):
    receipt["shards"] = shards
    called.clear()
    state = dags[name].test(run_conf=form).state
    found = [
        dict(zip(("step", "run_id", "shard"), (step, given[1]["run_id"], *given[2:])))
        for step, *given in called
        if step in {"score", "publish", "shadow"}
    ]
    answers.append({"state": state, "found": found})
print("JSON" + json.dumps(answers))
"""
#: The DAG, the shards of its run, and whether the task of the shadow fails.
RUNS: tuple[tuple[str, list[int], bool], ...] = (
    ("score_transactions", [0], False),
    ("score_transactions", [0, 1], True),
    ("score_applications", [0, 1], False),
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Run every DAG run in one process and return the results.

    Airflow's database takes long to create.
    """
    home = tmp_path_factory.mktemp("airflow")
    results: list[dict[str, Any]] = run_in_airflow(
        home, "-c", RUN_THROUGH, str(DAGS), json.dumps(RUNS)
    )
    return results


@pytest.mark.parametrize("number", range(len(RUNS)), ids=[f"{dag} {n}" for dag, n, _ in RUNS])
def test_one_task_scores_each_shard_of_a_run(results: list[dict[str, Any]], number: int) -> None:
    _, shards, _ = RUNS[number]

    *scored, published, _ = results[number]["found"]
    # the shards of a run execute in any order or at the same time
    assert sorted(scored, key=lambda call: call["shard"]) == [
        {"step": "score", "run_id": "r", "shard": shard} for shard in shards
    ]
    assert published == {"step": "publish", "run_id": "r"}


@pytest.mark.parametrize("number", range(len(RUNS)), ids=[f"{dag} {n}" for dag, n, _ in RUNS])
def test_a_shadow_follows_the_publication_and_its_failure_fails_no_run(
    results: list[dict[str, Any]], number: int
) -> None:
    assert [call["step"] for call in results[number]["found"]][-2:] == ["publish", "shadow"]
    assert results[number]["state"] == "success"
