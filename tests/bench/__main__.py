"""`python -m tests.bench`: the hourly job against the floor, against pandas, and against itself.

Every part writes its result at once, so that what was measured stays; `--again` measures anew.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from infra.local.console import console, step, table
from infra.local.postgres import PostgresError
from infra.local.state import CHECKOUT, StackError, code_version
from tests.bench import histories, sides
from tests.bench.parts import PARTS, QUICK, Check, Part
from tests.bench.picture import draw
from tests.bench.sides import Measured
from tests.bench.world import Bench, BenchError, open_bench

FOLDER = CHECKOUT / ".local" / "bench"
REPORTS = CHECKOUT / ".local" / "reports"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the parts; return 0 where every bar is reached."""
    parsed = _parser().parse_args(arguments)
    chosen = _chosen(parsed)
    done: dict[str, dict[str, Any]] = {}
    failed: list[str] = []
    started = time.monotonic()
    with open_bench(FOLDER) as bench:
        bench.deadline = started + parsed.minutes * 60
        for number, part in enumerate(chosen, 1):
            kept = FOLDER / "results" / f"{part.name}.json"
            try:
                if parsed.again or not kept.exists():
                    _measure(bench, part, min(part.rounds, parsed.rounds), kept)
                done[part.name] = json.loads(kept.read_text())
            except (BenchError, StackError, PostgresError) as error:
                failed.append(part.name)
                console.print(f"{part.name}: {error}", markup=False)
            _drop_histories(bench, part, chosen[number:])
    code = _finish(done, time.monotonic() - started, is_quick=parsed.quick)
    if failed:
        console.print(
            f"not measured: {', '.join(failed)}; `make bench` again measures only these",
            markup=False,
        )
    return 1 if failed else code


def _drop_histories(bench: Bench, part: Part, left: Sequence[Part]) -> None:
    """Drop the histories that no part after this one needs: they fill a disk."""
    needed = {history for later in left for history in later.histories}
    for history in set(part.histories) - needed:
        bench.drop(history.history)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=QUICK.about)
    parser.add_argument(
        "--part", action="append", choices=[part.name for part in PARTS], help="only this one"
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="of ours and the floor by turns, at most (3)"
    )
    parser.add_argument(
        "--minutes", type=float, default=55, help="a further round ends within them (55)"
    )
    parser.add_argument("--again", action="store_true", help="measure what was measured before")
    return parser


def _chosen(parsed: argparse.Namespace) -> list[Part]:
    if parsed.quick:
        parsed.again = True
        return [QUICK]
    return [part for part in PARTS if not parsed.part or part.name in parsed.part]


def _measure(bench: Bench, part: Part, rounds: int, target: Path) -> None:
    """Measure one part and write it down."""
    with step(f"{part.name}: {part.about}") as note:

        def tell(name: str, done: Measured) -> None:
            console.print(
                f"  {name:<24} {done.total:8.1f} s {done.rate:10,.0f} rows/s "
                f"{done.peak_mib:8,.0f} MiB",
                markup=False,
            )
            note(f"{done.rows:,} rows")

        try:
            for history in part.histories:
                note(f"making {history.history_days} days of {history.rows * 24:,} rows")
                histories.template(bench, history)
            found = part.measure(bench, tell, rounds)
        finally:
            sides.forget(bench)
    told = {
        "about": part.about,
        "measured": {name: asdict(done) for name, done in found.items()},
        "checks": [_as_dict(check) for check in part.judge(found)],
        "code_version": code_version(),
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(told, indent=2) + "\n")


def _as_dict(check: Check) -> dict[str, Any]:
    return {"name": check.name, "value": check.value, "bar": check.bar, "holds": check.holds}


def _finish(done: dict[str, dict[str, Any]], seconds: float, *, is_quick: bool) -> int:
    """Print the tables, draw the picture, write the report."""
    measured = {
        f"{part}: {name}": Measured(**one)
        for part, told in done.items()
        for name, one in told["measured"].items()
    }
    columns = ["part", *({"build": "features"}.get(one, one) for one in sides.PARTS)]
    columns += ["all s", "rows/s"]
    rows = [
        (name, *(f"{one.part(part):.1f}" for part in sides.PARTS), f"{one.total:.1f}",
         f"{one.rate:,.0f}")
        for name, one in measured.items()
    ]  # fmt: skip
    table("Seconds", columns, rows)
    checks = [check for told in done.values() for check in told["checks"]]
    table(
        "Checks",
        ["check", "value", "bar", ""],
        [
            (one["name"], f"{one['value']:.2f}", one["bar"],
             "" if one["bar"] is None else "holds" if one["holds"] else "DOES NOT HOLD")
            for one in checks
        ],
    )  # fmt: skip
    name = "bench-quick" if is_quick else "bench"
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = {
        "command": name,
        "machine": {"cores": len(os.sched_getaffinity(0)), "platform": platform.platform()},
        "data": {part: told["about"] for part, told in done.items()},
        "versions": {
            package: version(package)
            for package in ("psycopg", "pyarrow", "scikit-learn", "dbt-core", "pandas")
        },
        "code_version": code_version(),
        "seconds": {"all": round(seconds, 1)},
        "checks": checks,
        "measured": {name: asdict(one) for name, one in measured.items()},
    }
    (REPORTS / f"{name}.json").write_text(json.dumps(report, indent=2) + "\n")
    draw(measured, REPORTS / f"{name}.png")
    console.print(f"{REPORTS / name}.json, {name}.png", markup=False)
    return 0 if all(one["holds"] for one in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
