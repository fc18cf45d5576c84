"""Every DAG parses, keeps the policy of the project, and has the reviewed graph."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.airflow_process import DAGS, run_in_airflow

SNAPSHOT = Path(__file__).parent / "graph.json"
HEAVY = ("pandas", "numpy", "sklearn", "mlflow", "great_expectations", "boto3", "dbt", "psycopg")

DESCRIBE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag

bag = DagBag(sys.argv[1])
heavy = [name for name in sys.argv[2].split(",") if name in sys.modules]
dags = {
    dag.dag_id: {
        "doc": dag.doc_md or "",
        "tags": sorted(dag.tags),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "timetable": type(dag.timetable).__name__,
        "params": sorted(dag.params),
        "tasks": {
            task.task_id: {
                "owner": task.owner,
                "retries": task.retries,
                "has_timeout": task.execution_timeout is not None,
                "has_failure_callback": bool(task.on_failure_callback),
                "downstream": sorted(task.downstream_task_ids),
                "outlets": [asset.uri for asset in task.outlets],
            }
            for task in dag.task_group.topological_sort()
        },
    }
    for dag in bag.dags.values()
}
print("JSON" + json.dumps({"errors": bag.import_errors, "heavy": heavy, "dags": dags}))
"""


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Parse the DAG folder in a fresh process, as the dag-processor does."""
    home = tmp_path_factory.mktemp("airflow")
    description: dict[str, Any] = run_in_airflow(home, "-c", DESCRIBE, str(DAGS), ",".join(HEAVY))
    return description


def test_each_file_holds_one_dag_of_the_same_name(bag: dict[str, Any]) -> None:
    assert bag["errors"] == {}
    assert set(bag["dags"]) == {path.stem for path in DAGS.glob("*.py")}


def test_parsing_stays_light(bag: dict[str, Any]) -> None:
    assert bag["heavy"] == []


def test_every_dag_keeps_the_policy_of_the_project(bag: dict[str, Any]) -> None:
    for name, dag in bag["dags"].items():
        assert "**Reads**" in dag["doc"], name
        assert "**Writes**" in dag["doc"], name
        assert any(tag.startswith("domain:") for tag in dag["tags"]), name
        assert dag["catchup"] is False, name
        assert dag["max_active_runs"] == 1, name
        assert dag["timetable"] == "CronDataIntervalTimetable", name


def test_every_task_has_an_owner_retries_a_timeout_and_an_explained_failure(
    bag: dict[str, Any],
) -> None:
    for dag in bag["dags"].values():
        for name, task in dag["tasks"].items():
            assert task["owner"] == "scoring-platform", name
            assert task["retries"] >= 1, name
            assert task["has_timeout"], name
            assert task["has_failure_callback"], name


def test_a_scoring_dag_has_the_steps_of_the_pipeline_in_order(bag: dict[str, Any]) -> None:
    steps = [
        "ingest", "validate_raw", "admit", "build", "validate_features", "score",
        "validate_decisions", "publish",
    ]  # fmt: skip
    for name, dag in bag["dags"].items():
        if name.startswith("score_"):
            assert list(dag["tasks"]) == steps
            assert dag["tasks"]["publish"]["outlets"], name


def test_the_graph_equals_the_reviewed_graph(bag: dict[str, Any]) -> None:
    """A changed graph must pass review: copy the graph that the failure prints into graph.json."""
    graph = {
        name: {task: description["downstream"] for task, description in dag["tasks"].items()}
        for name, dag in bag["dags"].items()
    }

    assert graph == json.loads(SNAPSHOT.read_text()), json.dumps(graph, indent=2)
