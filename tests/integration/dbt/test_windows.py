"""Run dbt's own unit tests of the windows, and its documentation, on a real Postgres."""

from __future__ import annotations

from typing import Any

from features.build import PROJECT, target_folder


def dbt(db: Any, *arguments: str) -> Any:
    """Run one dbt command on the test's warehouse."""
    from dbt.cli.main import dbtRunner

    with target_folder(db.settings.warehouse.conninfo("transform"), db.settings.work) as target:
        return dbtRunner().invoke(
            [
                *arguments,
                *("--project-dir", str(PROJECT), "--profiles-dir", str(target)),
                *("--target-path", str(target), "--log-path", str(target), "--log-level", "none"),
            ]
        )


def test_every_window_passes_its_unit_test(built: Any) -> None:
    outcome = dbt(built, "test", "--select", "test_type:unit")

    # a test that could not run has no failures
    failed = {
        result.node.name: result.message
        for result in outcome.result
        if result.status in ("error", "fail")
    }
    assert failed == {}
    assert outcome.success
    assert len(outcome.result.results) >= 15


def test_keys_are_unique_and_present(built: Any) -> None:
    outcome = dbt(built, "test", "--select", "test_type:data")

    assert outcome.success


def test_the_documentation_builds(built: Any) -> None:
    assert dbt(built, "docs", "generate").success
