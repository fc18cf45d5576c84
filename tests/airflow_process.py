"""Run scripts in a process of their own, with an Airflow of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DAGS = ROOT / "dags"


def run_in_airflow(home: Path, *arguments: str | Path, dags: Path = DAGS, **settings: str) -> Any:
    """Run Python in an Airflow whose state is a folder; return its printed result.

    Args:
        home: a folder of its own.
        arguments: of Python; the script prints one line of JSON after the word JSON.
        dags: the DAGs that this Airflow finds.
        settings: additional environment variables.
    """
    environment = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}",
        **settings,
    }
    result = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, check=False
    )
    line = next((line for line in result.stdout.splitlines() if line.startswith("JSON")), None)
    assert line, result.stdout[-3000:] + result.stderr[-3000:]
    return json.loads(line.removeprefix("JSON"))
