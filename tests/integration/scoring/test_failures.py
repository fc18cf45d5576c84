"""A run is marked failed when a task of it fails for good."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from features.platform import settings as settings_module
from features.platform.errors import ContractError, FencedError
from orchestration.defaults import explain_failure
from tests.builders import a_transaction
from tests.integration.scoring.conftest import Bench


def a_context(run_id: str, error: Exception) -> dict[str, Any]:
    """Return the part of Airflow's context that the failure callback reads."""
    receipt = {"run_id": run_id, "window": ["a", "b"]}
    ti = SimpleNamespace(task_id="score", xcom_pull=lambda task_ids, key: receipt)
    return {"ti": ti, "exception": error, "params": {}}


@pytest.mark.parametrize(
    ("error", "state"), [(ContractError("no"), "failed"), (FencedError("late"), "claimed")]
)
def test_an_orphan_does_not_fail_the_run_of_its_successor(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, error: Exception, state: str
) -> None:
    bench.admit([a_transaction()])
    run = bench.claim()
    # the settings of this test's warehouse: a failure callback reads them from the environment
    monkeypatch.setattr(settings_module, "get_settings", lambda: bench.db.settings)

    explain_failure(a_context(str(run.run_id), error))

    assert bench.db.rows("select state from decisions.runs") == [(state,)]
