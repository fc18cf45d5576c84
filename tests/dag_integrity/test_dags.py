"""Every DAG parses, keeps the policy of the project, and has the reviewed graph."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from scoring.domains import JOBS
from scoring.runs.job import Job
from scoring.steps.pipeline import STEPS
from tests.airflow_process import DAGS, run_in_airflow

SNAPSHOT = Path(__file__).parent / "graph.json"
HEAVY = ("pandas", "numpy", "sklearn", "mlflow", "great_expectations", "boto3", "dbt", "psycopg")

TIMETABLES = {
    "cadence:weekly": "FromNowOn",
    "cadence:on-event": "AssetTriggeredTimetable",
    "cadence:by-hand": "NullTimetable",
}

DESCRIBE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag

def tasks_of(group):
    for node in group.topological_sort():
        yield from tasks_of(node) if hasattr(node, "children") else [node]


def condition_of(dag):
    return getattr(dag.timetable, "asset_condition", None)


bag = DagBag(sys.argv[1])
heavy = [name for name in sys.argv[2].split(",") if name in sys.modules]
dags = {
    dag.dag_id: {
        "doc": dag.doc_md or "",
        "tags": sorted(dag.tags),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "max_active_tasks": dag.max_active_tasks,
        "timetable": type(dag.timetable).__name__,
        "starts_after": [asset.uri for asset in getattr(condition_of(dag), "objects", [])],
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
            for task in tasks_of(dag.task_group)
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
        (cadence,) = (tag for tag in dag["tags"] if tag.startswith("cadence:"))
        assert dag["timetable"] == TIMETABLES.get(cadence, "CronDataIntervalTimetable"), name
        # a question that waits a week must not hold up the next one
        assert (dag["max_active_runs"] == 1) == (cadence != "cadence:on-event"), name


def test_every_task_has_an_owner_retries_a_timeout_and_an_explained_failure(
    bag: dict[str, Any],
) -> None:
    for dag in bag["dags"].values():
        for name, task in dag["tasks"].items():
            assert task["owner"] == "scoring-platform", name
            # a shadow is taken up by hand
            assert (task["retries"] >= 1) is (name != "shadow"), name
            assert task["has_timeout"], name
            assert task["has_failure_callback"], name


def test_the_maintenance_leaves_slots_for_the_runs_that_it_waits_for(bag: dict[str, Any]) -> None:
    stack = yaml.safe_load((DAGS.parent / "docker-compose.yaml").read_text())
    slots = int(stack["x-airflow-settings"]["AIRFLOW__CORE__PARALLELISM"])
    # each task that waits for the runs of a job holds a slot meanwhile
    assert bag["dags"]["maintain_warehouse"]["max_active_tasks"] <= slots // 2


def tasks_of(job: Job) -> tuple[str, ...]:
    """Return the tasks of a scoring DAG: the steps, and the shadow of a job with a model."""
    return (*STEPS, "shadow") if job.model else STEPS


def test_a_scoring_dag_has_the_steps_of_the_pipeline_in_order(bag: dict[str, Any]) -> None:
    for name, job in JOBS.items():
        tasks = bag["dags"][name]["tasks"]
        assert tuple(tasks) == tasks_of(job)
        assert tasks["publish"]["outlets"] == [f"vesper://serving/{job.serving}"]


def test_every_job_has_a_dag_of_its_cadence_and_its_domain(bag: dict[str, Any]) -> None:
    scoring = {
        name for name, dag in bag["dags"].items() if tuple(dag["tasks"])[: len(STEPS)] == STEPS
    }
    assert scoring == set(JOBS)
    for name, job in JOBS.items():
        words = {timedelta(hours=1): "cadence:hourly", timedelta(days=1): "cadence:nightly"}
        assert bag["dags"][name]["tags"] == sorted([words[job.cadence], f"domain:{job.domain}"])


@pytest.mark.parametrize("job", JOBS)
def test_the_file_of_a_scoring_dag_holds_its_page_schedule_and_form(job: str) -> None:
    assert len((DAGS / f"{job}.py").read_text().splitlines()) <= 50


def test_a_passed_gate_starts_the_question_about_a_promotion(bag: dict[str, Any]) -> None:
    gates = bag["dags"]["gate_models"]["tasks"]

    emitted = {name: task["outlets"] for name, task in gates.items() if task["outlets"]}

    assert {name.split(".")[1] for name in emitted} == {"announce"}
    assert all(outlets == ["vesper://gates/passed"] for outlets in emitted.values())
    assert bag["dags"]["promote_model"]["starts_after"] == ["vesper://gates/passed"]


def test_the_graph_equals_the_reviewed_graph(bag: dict[str, Any]) -> None:
    """A changed graph must pass review: copy the graph that the failure prints into graph.json."""
    graph = {
        name: {task: description["downstream"] for task, description in dag["tasks"].items()}
        for name, dag in bag["dags"].items()
    }

    assert graph == json.loads(SNAPSHOT.read_text()), json.dumps(graph, indent=2)
