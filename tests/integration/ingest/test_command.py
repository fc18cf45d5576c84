"""`vesper` is the command line for work without Airflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from features.ingest import receive_all
from features.sources import descriptions
from features.sources.files import SHIPPED
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

    reason = ("--reason", "one bad row is fine")
    released = _run(intake, tmp_path, "deliveries", "release", held[0]["delivery_id"], *reason)
    assert (released.returncode, released.stdout) == (0, "transactions: 1 rows admitted\n")

    again = _run(intake, tmp_path, "deliveries", "discard", held[0]["delivery_id"], *reason)
    assert again.returncode == 2
    assert "is admitted, not parsed or held" in again.stderr


def test_a_held_file_is_listed_shown_and_taken_again_after_its_description_was_mended(
    intake: Any, tmp_path: Path
) -> None:
    mended = tmp_path / "synthetic.yaml"
    text = (SHIPPED / "synthetic.yaml").read_text()
    mended.write_text(text.replace("tolerated_bad_share: 0.05", "tolerated_bad_share: 0.6"))
    sources = descriptions.load("synthetic", {"decide_from": "2026-01-01T00:00:00Z"})
    intake.deliver(intake.csv(intake.row(), intake.row(transaction_id="t2", amount="-1")))
    (held,) = receive_all(sources, intake.store, intake.connection)

    listed = _run(intake, tmp_path, "deliveries", "list", "--state", "held")
    shown = _run(intake, tmp_path, "deliveries", "show", str(held.delivery_id))
    retried = _run(
        intake, tmp_path, "deliveries", "retry", "--all-held", "--source", str(mended), "--json"
    )

    assert listed.stdout.startswith(f"{held.delivery_id}  held ")
    assert "0 parsed, 1 held, 0 admitted, 0 discarded" in listed.stdout
    assert "rejected: 1 amount_not_positive in amount: not above zero" in shown.stdout
    assert "    remedy: add `sign: debit_negative` to columns.amount" in shown.stdout
    assert '    line 3: "a9","a9","a9","9999-99-99A99:99:99A","-9"' in shown.stdout
    assert f"vesper deliveries retry {held.delivery_id}" in shown.stdout
    assert retried.returncode == 0, retried.stderr
    outcome = json.loads(retried.stdout)
    assert [receipt["rows_admitted"] for receipt in outcome["admitted"]] == [1]
    assert (outcome["held"], outcome["refused"]) == ([], {})


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
