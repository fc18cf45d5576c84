"""Run a handful of cases of the fault suite, and check that the suite notices losses.

The suite runs in a process of its own, as people run it: it forks, which no test process should.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults import noticing, report, suite

ROOT = Path(__file__).resolve().parents[2]
CHOSEN = (
    "kill -9@inside_publish",
    "freeze@mid_predict@2",
    "second attempt@before_publish",
    "commit unanswered@publish a run",
    "model@returns NaN",
    "forbidden write@decisions.transaction_decisions by score",
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the rows of a small run's report by name."""
    target = tmp_path_factory.mktemp("faults") / "report.json"
    only = [option for name in (noticing.FAULT, *CHOSEN) for option in ("--only", name)]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--report", str(target), *only],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert target.exists(), ended.stdout[-3000:] + ended.stderr[-3000:]
    rows = json.loads(target.read_text())["faults"]
    return {f"{row['fault']}@{row['place']}": row for row in rows}


@pytest.mark.parametrize("name", CHOSEN)
def test_a_fault_loses_no_row_and_doubles_no_row(results: dict[str, Any], name: str) -> None:
    assert results[name]["holds"], results[name]["seen"]


@pytest.mark.parametrize("loss", noticing.LOSSES)
def test_a_loss_made_by_hand_is_noticed(results: dict[str, Any], loss: str) -> None:
    row = results[f"{noticing.FAULT}@{loss}"]

    assert row["holds"], row["seen"]


def test_a_sample_has_as_many_kinds_as_possible_and_depends_only_on_the_seed() -> None:
    chosen = suite.plan(30, seed=1)

    assert [case.name for case in chosen] == [case.name for case in suite.plan(30, seed=1)]
    assert len({case.fault for case in chosen}) == 30


def test_the_whole_suite_has_as_many_different_faults_as_its_bar_requires() -> None:
    names = [case.name for case in suite.plan(None, seed=1)]

    assert len(set(names)) == len(names) >= report.BARS["distinct"]
