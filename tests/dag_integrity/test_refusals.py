"""The first task refuses an invalid form before any read or write."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.airflow_process import DAGS, run_in_airflow

BAD = {
    "half given": {"start": "2026-11-21T05:00:00Z"},
    "inverted": {"start": "2026-11-21T06:00:00Z", "end": "2026-11-21T05:00:00Z"},
    "empty": {"start": "2026-11-21T05:00:00Z", "end": "2026-11-21T05:00:00Z"},
    "future": {"start": "2026-11-21T11:00:00Z", "end": "2026-11-21T12:00:00Z"},
    "not over yet": {"start": "2026-11-21T10:00:00Z", "end": "2026-11-21T11:00:00Z"},
    "unaligned": {"start": "2026-11-21T05:30:00Z", "end": "2026-11-21T06:30:00Z"},
    "no time": {"start": "yesterday", "end": "2026-11-21T05:00:00Z"},
    "no zone": {"start": "2026-11-21T05:00:00", "end": "2026-11-21T06:00:00"},
    "restatement without a person": {"restate_ids": ["t1"], "reason": "wrong"},
}

# The step that would read and write first is replaced by a recorder of its calls.
ASK = """
import json, sys
from datetime import UTC, datetime
from types import SimpleNamespace

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.execution_time.task_runner import set_current_context

from orchestration import steps

called = []
steps.ingest = lambda: called.append("ingest") or []
dag = DagBag(sys.argv[1]).dags["score_transactions"]
(first,) = [task for task in dag.tasks if not task.upstream_task_ids]
run = SimpleNamespace(
    run_after=datetime(2026, 11, 21, 10, 25, tzinfo=UTC), run_type="manual", run_id="manual__1"
)
answers = {}
for name, form in json.loads(sys.argv[2]).items():
    called.clear()
    error = None
    with set_current_context({"params": form, "dag_run": run}):
        try:
            first.python_callable()
        except Exception as raised:
            error = type(raised).__name__
    answers[name] = {"task": first.task_id, "error": error, "called": list(called)}
print("JSON" + json.dumps(answers))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run the first task of the DAG on each form, in a process of its own."""
    home = tmp_path_factory.mktemp("airflow")
    good = {"good": {"start": "2026-11-21T05:00:00Z", "end": "2026-11-21T06:00:00Z"}}
    by_form: dict[str, Any] = run_in_airflow(home, "-c", ASK, str(DAGS), json.dumps(BAD | good))
    return by_form


@pytest.mark.parametrize("form", BAD)
def test_an_invalid_form_is_refused_before_any_step(answers: dict[str, Any], form: str) -> None:
    assert answers[form] == {"task": "ingest", "error": "ConfigurationError", "called": []}


def test_a_valid_form_is_accepted(answers: dict[str, Any]) -> None:
    assert answers["good"] == {"task": "ingest", "error": None, "called": ["ingest"]}
