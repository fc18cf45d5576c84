"""Write synthetic card traffic, loan applications, sales and stock with known truth."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.platform.moments import parse_moment
from features.synthesize.plan import FileFormat, Plan
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson
from scoring.commands.working import Step, working

if TYPE_CHECKING:
    from features.synthesize.landing import Sink


def synthesize(
    out: Annotated[
        str, typer.Option("--out", metavar="PLACE", help="A folder, or a file:// or s3:// URL.")
    ],
    customers: Annotated[int, typer.Option("--customers", help="Number of card holders.")],
    start: Annotated[
        datetime,
        typer.Option(
            "--start", parser=parse_moment, metavar="INSTANT", help="Start, on the hour, inclusive."
        ),
    ],
    end: Annotated[
        datetime,
        typer.Option(
            "--end", parser=parse_moment, metavar="INSTANT", help="End, on the hour, exclusive."
        ),
    ],
    live_from: Annotated[
        datetime,
        typer.Option(
            "--live-from",
            parser=parse_moment,
            metavar="INSTANT",
            help="Earlier rows are history.",
        ),
    ],
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")] = 7,
    rate: Annotated[float, typer.Option("--rate", help="Rows per customer and day.")] = 3.0,
    fraud_rate: Annotated[
        float, typer.Option("--fraud-rate", metavar="SHARE", help="Share of fraudulent rows.")
    ] = 0.01,
    late: Annotated[
        float, typer.Option("--late", metavar="SHARE", help="Rows delivered in a later file.")
    ] = 0.0,
    duplicates: Annotated[
        float,
        typer.Option("--duplicates", metavar="SHARE", help="Rows delivered again in a later file."),
    ] = 0.0,
    bad: Annotated[
        float, typer.Option("--bad", metavar="SHARE", help="Additional bad rows.")
    ] = 0.0,
    dirty_history: Annotated[
        bool, typer.Option("--dirty-history", help="Faults in the files of history too.")
    ] = False,
    skew: Annotated[
        bool, typer.Option("--skew", help="1 % of the customers make 30 % of the rows.")
    ] = False,
    history_days: Annotated[
        int, typer.Option("--history-days", help="Days per file of history.")
    ] = 7,
    credit_history: Annotated[
        int, typer.Option("--credit-history", help="Loan applications before --live-from.")
    ] = 0,
    applications_per_day: Annotated[
        float, typer.Option("--applications-per-day", help="Live loan applications per day.")
    ] = 0.0,
    sellers: Annotated[
        int, typer.Option("--sellers", help="Merchants that deliver their sales.")
    ] = 0,
    sales_days: Annotated[
        int, typer.Option("--sales-days", help="Days of sales before --start.")
    ] = 320,
    stores: Annotated[
        int, typer.Option("--stores", help="Merchants that deliver their sales and their stock.")
    ] = 0,
    store_products: Annotated[
        int, typer.Option("--store-products", help="Products of each of these merchants.")
    ] = 120,
    file_format: Annotated[
        FileFormat, typer.Option("--format", help="Format of the files.")
    ] = FileFormat.CSV,
    as_json: AsJson = False,
) -> int:
    """Write synthetic card traffic, loans, sales and stock with known truth to a landing area."""
    plan = Plan(
        seed=seed,
        customers=customers,
        start=start,
        end=end,
        live_from=live_from,
        rate=rate,
        fraud_rate=fraud_rate,
        late=late,
        duplicates=duplicates,
        bad=bad,
        dirty_history=dirty_history,
        skew=skew,
        file_format=file_format,
        history_days=history_days,
        credit_history=credit_history,
        applications_per_day=applications_per_day,
        sellers=sellers,
        sales_days=sales_days,
        stores=stores,
        store_products=store_products,
    )
    figures = _write(plan, out)
    show(lines(figures), figures, as_json=as_json)
    return Status.HOLDS


def _write(plan: Plan, out: str) -> dict[str, Any]:
    from features.synthesize.generate import synthesize as generate

    began = time.perf_counter()
    with working("synthesize") as step:
        counts = generate(plan, _sink(out), _Files(step).report)
    seconds = time.perf_counter() - began
    return counts.as_dict() | {
        "seconds": round(seconds, 3),
        "rows_per_second": round(counts.rows / seconds),
    }


class _Files:
    """Turn the totals of the generator into steps forward."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.files = 0
        self.rows = 0

    def report(self, done: int, total: int, rows: int) -> None:
        """Take the number of written files, of all files, and of written rows."""
        self.step.advance("files", done - self.files, total)
        self.step.advance("rows", rows - self.rows, None)
        self.files, self.rows = done, rows


def _sink(out: str) -> Sink:
    if "://" in out:
        from features.platform.objects import open_store

        return open_store(out)
    from features.synthesize.landing import FolderSink

    return FolderSink(Path(out))


def lines(figures: dict[str, Any]) -> list[str]:
    """Return the counts as lines for a person."""
    return [f"{name.replace('_', ' '):20} {_shown(value)}" for name, value in figures.items()]


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count:,}" for name, count in value.items())
    return f"{value:,}" if isinstance(value, int | float) else str(value)
