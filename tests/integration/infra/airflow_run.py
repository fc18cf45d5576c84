"""Run one run of a DAG task by task by Airflow itself, in a process of its own.

Arguments: the folder of the DAGs, the id of a DAG, its form as JSON. Prints one line of JSON: the
state of each task.
"""

from __future__ import annotations

import json
import sys

from airflow.dag_processing.dagbag import DagBag
from airflow.utils.db import initdb


def main() -> None:
    """Run the DAG and print the final state of each task."""
    folder, dag_id, form = sys.argv[1:4]
    initdb()
    dag = DagBag(folder).dags[dag_id]
    run = dag.test(run_conf=json.loads(form))
    tasks = {task.task_id: str(task.state) for task in run.get_task_instances()}
    sys.stdout.write("\nJSON" + json.dumps({"state": str(run.state), "tasks": tasks}) + "\n")


if __name__ == "__main__":
    main()
