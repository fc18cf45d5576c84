"""Parse dbt's manifest once, without a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from features.build import PROJECT


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the parsed dbt project: models, columns, tests and their settings."""
    from dbt.cli.main import dbtRunner

    folder: Path = tmp_path_factory.mktemp("dbt")
    output = {
        "type": "postgres",
        "host": "127.0.0.1",
        "port": 1,
        "user": "transform",
        "password": "none",
        "dbname": "none",
        "schema": "staging",
        "threads": 1,
    }
    (folder / "profiles.yml").write_text(
        json.dumps({"vesper": {"target": "none", "outputs": {"none": output}}})
    )
    outcome = dbtRunner().invoke(
        [
            *("parse", "--project-dir", str(PROJECT), "--profiles-dir", str(folder)),
            *("--target-path", str(folder), "--log-path", str(folder), "--log-level", "none"),
        ]
    )
    assert outcome.success, outcome.exception
    parsed: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return parsed
