"""Write synthetic card traffic and loans: the command `python -m features synthesize`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.synthesize.plan import FileFormat, Plan

if TYPE_CHECKING:
    from features.synthesize.landing import Sink
    from features.synthesize.tally import Counts


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand `synthesize`; its function is the parsed argument `run`."""
    parser = subparsers.add_parser(
        "synthesize",
        help="write synthetic card traffic and loans with known truth to a landing area",
        description=__doc__,
    )
    parser.add_argument("--out", required=True, help="a folder, or a file:// or s3:// URL")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--customers", type=int, required=True)
    for name, text in (
        ("--start", "first instant (ISO 8601, on the hour)"),
        ("--end", "end of the time, exclusive"),
        ("--live-from", "earlier rows are history"),
    ):
        parser.add_argument(name, type=_instant, required=True, metavar="ISO", help=text)
    parser.add_argument("--rate", type=float, default=3.0, help="rows per customer and day")
    parser.add_argument("--fraud-rate", type=float, default=0.01, metavar="SHARE")
    for name, text in (
        ("--late", "rows delivered in a later file"),
        ("--duplicates", "rows delivered once more in a later file"),
        ("--bad", "additional bad rows"),
    ):
        parser.add_argument(name, type=float, default=0.0, metavar="SHARE", help=text)
    parser.add_argument("--dirty-history", action="store_true", help="faults in history files too")
    parser.add_argument("--skew", action="store_true", help="1 %% of customers make 30 %% of rows")
    parser.add_argument("--history-days", type=int, default=7, help="days per history file")
    parser.add_argument(
        "--credit-history", type=int, default=0, help="loan applications before --live-from"
    )
    parser.add_argument(
        "--applications-per-day", type=float, default=0.0, help="live loan applications per day"
    )
    parser.add_argument(
        "--format", type=FileFormat, choices=list(FileFormat), default=FileFormat.CSV
    )
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Synthesize the plan of the arguments, print the counts, and return the exit status.

    Raises:
        ConfigurationError: the arguments contradict each other.
    """
    from features.synthesize.generate import synthesize

    plan = Plan(
        seed=arguments.seed,
        customers=arguments.customers,
        start=arguments.start,
        end=arguments.end,
        live_from=arguments.live_from,
        rate=arguments.rate,
        fraud_rate=arguments.fraud_rate,
        late=arguments.late,
        duplicates=arguments.duplicates,
        bad=arguments.bad,
        dirty_history=arguments.dirty_history,
        skew=arguments.skew,
        file_format=arguments.format,
        history_days=arguments.history_days,
        credit_history=arguments.credit_history,
        applications_per_day=arguments.applications_per_day,
    )
    started = time.perf_counter()
    with _progress() as bar:
        task = bar.add_task("synthesizing", total=None)
        counts = synthesize(
            plan,
            _sink(arguments.out),
            lambda done, files, rows: bar.update(
                task, completed=done, total=files, description=f"{rows:,} rows"
            ),
        )
    _show(counts, time.perf_counter() - started, as_json=arguments.json)
    return 0


def _sink(out: str) -> Sink:
    if "://" in out:
        from features.platform.objects import open_store

        return open_store(out)
    from features.synthesize.landing import FolderSink

    return FolderSink(Path(out))


def _progress() -> Any:  # noqa: ANN401 - only this function imports rich
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


def _show(counts: Counts, seconds: float, *, as_json: bool) -> None:
    facts = counts.as_dict() | {
        "seconds": round(seconds, 3),
        "rows_per_second": round(counts.rows / seconds),
    }
    if as_json:
        sys.stdout.write(json.dumps(facts, indent=2) + "\n")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("kind", "count", box=None)
    for name, value in facts.items():
        text = (
            ", ".join(f"{k} {v:,}" for k, v in value.items()) if isinstance(value, dict) else None
        )
        table.add_row(name.replace("_", " "), text if text is not None else f"{value:,}")
    Console().print(table)


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 instant") from error
