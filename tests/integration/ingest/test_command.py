"""`vesper` is the command line for work without Airflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.unit.features.test_sources import MINIMAL


def _run(
    intake: Any, tmp_path: Path, *arguments: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    warehouse = intake.db.settings.warehouse
    environment = os.environ | {
        "SCORING_WAREHOUSE__PORT": str(warehouse.port),
        "SCORING_WAREHOUSE__DATABASE": warehouse.database,
        "SCORING_WAREHOUSE__INGEST_PASSWORD": warehouse.ingest_password.get_secret_value(),
        "SCORING_WAREHOUSE__SCORE_PASSWORD": warehouse.score_password.get_secret_value(),
        "SCORING_OBJECTS__URL": f"file://{tmp_path / 'objects'}",
        "SCORING_SOURCES": "synthetic",
        **settings,
    }
    return subprocess.run(
        [sys.executable, "-m", "scoring", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_held_file_is_reported_released_and_admitted(intake: Any, tmp_path: Path) -> None:
    intake.deliver(intake.csv(intake.row(), intake.row(transaction_id="t2", amount="-1")))

    first = _run(intake, tmp_path, "ingest", "--json", "--decide-from", "2026-01-01T00:00:00Z")
    held = json.loads(first.stdout)

    assert first.returncode == 1
    assert held[0]["reason"].startswith("too_many_bad_rows: 1 of 2 rows")

    released = _run(
        intake, tmp_path, "release", held[0]["delivery_id"], "--reason", "one bad row is fine"
    )
    assert (released.returncode, released.stdout) == (0, "transactions: 1 rows admitted\n")

    again = _run(intake, tmp_path, "discard", held[0]["delivery_id"], "--reason", "too late")
    assert again.returncode == 2
    assert "is admitted, not parsed or held" in again.stderr


def test_an_unknown_source_is_refused_before_any_connection(intake: Any, tmp_path: Path) -> None:
    process = _run(intake, tmp_path, "ingest", "--source", "synthetik")

    assert process.returncode == 2
    assert "did you mean 'synthetic'?" in process.stderr
    assert process.stderr.count("\n") == 1


def test_a_source_is_found_in_the_user_s_folder(intake: Any, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "corner.yaml").write_text(yaml.safe_dump(MINIMAL))

    process = _run(intake, tmp_path, "ingest", "--source", "corner", SCORING_SOURCES_DIR=str(own))

    assert (process.returncode, process.stdout) == (0, "nothing new\n")
