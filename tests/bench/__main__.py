"""`python -m tests.bench`: compare the hourly job with the floor, with pandas, and with itself.

Every part writes its result at once, so that the results of a stopped run stay; `--again` measures
every part again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg

from infra.local import stack
from infra.local.console import console, step
from infra.local.postgres import PostgresError
from infra.local.state import CHECKOUT, StackError, State, code_version
from tests.bench import report, sides
from tests.bench.checks import Part
from tests.bench.parts import PARTS, QUICK
from tests.bench.sides import Measured
from tests.bench.world import Bench, BenchError, open_bench

FOLDER = CHECKOUT / ".local" / "bench"
#: Errors that end one part and do not stop the other parts.
EXPECTED = (BenchError, StackError, PostgresError, psycopg.Error, httpx.HTTPError, OSError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the parts; return 0 if every bar is reached."""
    parsed = _parser().parse_args(arguments)
    chosen = _chosen(parsed)
    failed: list[str] = []
    started = time.monotonic()
    stack.stop_others(State("bench", FOLDER.parent))  # it would use part of both cores
    with open_bench(FOLDER) as bench:
        bench.deadline = started + parsed.minutes * 60
        for number, part in enumerate(chosen, 1):
            try:
                if parsed.again or _kept(part) is None:
                    _measure(bench, part, min(part.rounds, parsed.rounds))
            except EXPECTED as error:
                failed.append(part.name)
                console.print(f"{part.name}: {error}", markup=False)
            _drop_histories(bench, part, chosen[number:])
    every = chosen if parsed.quick else PARTS
    done = {part: told for part in every if (told := _kept(part))}
    name = "bench-quick" if parsed.quick else "bench"
    all_hold = report.finish(name, done, time.monotonic() - started)
    if failed:
        console.print(
            f"not measured: {', '.join(failed)}; `make bench` again measures only these",
            markup=False,
        )
    return 0 if all_hold and not failed else 1


def _kept(part: Part) -> dict[str, Any] | None:
    """Return an earlier measurement of the same code, if one exists."""
    try:
        told: dict[str, Any] = json.loads(_file(part).read_text())
    except FileNotFoundError:
        return None
    return told if told["code_version"] == code_version() else None


def _file(part: Part) -> Path:
    return FOLDER / "results" / f"{part.name}.json"


def _drop_histories(bench: Bench, part: Part, left: Sequence[Part]) -> None:
    """Drop the histories that no later part needs: they fill a disk."""
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
        "--minutes", type=float, default=58, help="a further round ends within them (58)"
    )
    parser.add_argument("--again", action="store_true", help="measure what was measured before")
    return parser


def _chosen(parsed: argparse.Namespace) -> list[Part]:
    if parsed.quick:
        parsed.again = True
        return [QUICK]
    return [part for part in PARTS if not parsed.part or part.name in parsed.part]


def _measure(bench: Bench, part: Part, rounds: int) -> None:
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
                note(f"making {history.history}")
                part.template(bench, history)
            found = part.measure(bench, tell, rounds)
        finally:
            sides.forget(bench)
    told = {
        "about": part.about,
        "measured_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "code_version": code_version(),
        "measured": {name: asdict(done) for name, done in found.items()},
    }
    _file(part).parent.mkdir(parents=True, exist_ok=True)
    _file(part).write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except EXPECTED as error:
        sys.exit(f"make bench: {error}")
