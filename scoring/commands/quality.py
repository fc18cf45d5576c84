"""Measure a model on its public data; the columns of a file identify the data set."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from features.platform.errors import ConfigurationError, ScoringError
from features.platform.settings import Settings, get_settings
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson
from scoring.commands.working import working

# a column that only the outcomes of one of the files have
MARKS = {
    "TX_FRAUD": "fraud_handbook",
    "loan_status": "lending_club",
    "creditability": "german_credit",
    "InvoiceNo": "online_retail",
    "number_of_cds": "cdnow",
    "basket_id": "complete_journey",
}
FILES = (
    "the handbook's transactions, LendingClub's loans, the lines of Online Retail or of "
    "Complete Journey (Parquet), the German credit data or the CDNOW sample (CSV)"
)
#: Without a file, the gate of models is measured in made worlds.
GATE = "gate"
SIMULATION = {Path("simulation"): GATE}
Measure = Callable[[Path, Settings], int]


def quality(
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH",
            help=f"{FILES}, or a folder that holds them. Without one: the gate of models alone.",
        ),
    ] = None,
    validation: Annotated[
        bool,
        typer.Option(
            "--validation",
            help="Measure on the earlier weeks that choose the settings, not on the test weeks.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Measure the models on public data, in an empty warehouse.

    Without data, measure the gate of models: it compares models of made worlds, where the better
    model is known. That needs no warehouse.

    The handbook's transactions measure the fraud model, and then the forecast of spending. Online
    Retail measures the segments and the forecast of demand. Made stores then measure the forecast
    of demand, the proposals of orders, price elasticity and the uplift of promotions.

    Status 1: a bar does not hold. Status 2: a data set could not be measured.
    """
    settings = get_settings()
    measures = _measures(is_validation=validation)
    results: list[dict[str, object]] = []
    statuses = []
    data_sets = SIMULATION if data is None else measurable(data)
    if data is not None and (line := unknown_line(data, data_sets)):
        sys.stderr.write(f"{line}\n")
    for file, source in data_sets.items():
        with ExitStack() as stack:
            if as_json:  # the measures print tables; standard output holds the document only
                stack.enter_context(redirect_stdout(sys.stderr))
            stack.enter_context(working(f"quality {source}"))
            status = _measured(measures[source], file, settings)
        statuses.append(status)
        results.append({"file": str(file), "source": source, "status": status})
    if as_json:
        show("", [row | {"report": _report_of(row, settings)} for row in results], as_json=True)
    return max(statuses)


def _measures(*, is_validation: bool) -> dict[str, Measure]:
    from scoring.credit.quality import german_credit
    from scoring.credit.quality import protocol as credit
    from scoring.demand.quality import nightly
    from scoring.demand.quality import protocol as demand
    from scoring.fraud.quality import handbook
    from scoring.fraud.quality import protocol as fraud
    from scoring.pricing.quality import protocol as pricing
    from scoring.promotion.quality import protocol as gate
    from scoring.quality import categories
    from scoring.segments.quality import protocol as segments
    from scoring.spending.quality import protocol as spending
    from scoring.stock.quality import protocol as stock
    from scoring.value.quality import cdnow

    folds = handbook.VALIDATION_FOLDS if is_validation else handbook.TEST_FOLDS
    days = spending.VALIDATION if is_validation else spending.TEST
    return {
        GATE: lambda _, settings: gate.run(settings),
        fraud.SOURCE: _in_turn(partial(fraud.run, folds=folds), partial(spending.run, days=days)),
        credit.SOURCE: credit.run,
        german_credit.SOURCE: german_credit.run,
        segments.SOURCE: _in_turn(
            segments.run,
            demand.run,
            lambda _, settings: stock.run(settings, nightly.forecaster),
            lambda _, settings: pricing.run(settings),
        ),
        cdnow.SOURCE: cdnow.run,
        categories.SOURCE: partial(categories.run, is_validation=is_validation),
    }


def _in_turn(*measures: Measure) -> Measure:
    """Return the measures of one file as one: each of them runs, and the worst status counts."""
    return lambda file, settings: max(measure(file, settings) for measure in measures)


def _report_of(result: dict[str, object], settings: Settings) -> object:
    """Return the part of the written report that describes one data set."""
    report = settings.home / ".local" / "reports" / "quality.json"
    if result["status"] == Status.REFUSED or not report.exists():
        return None
    return json.loads(report.read_text())["parts"].get(str(result["source"]))


def measurable(path: Path) -> dict[Path, str]:
    """Return the files that can be measured and whose they are: one, or all within a folder.

    Raises:
        ConfigurationError: there is no such file.
    """
    beneath = path.rglob("*") if path.is_dir() else [path]
    sources = {file: source_of(file) for file in sorted(beneath) if file.is_file()}
    found = {file: source for file, source in sources.items() if source}
    if not found:
        raise ConfigurationError(f"{path} holds nothing to measure on: give {FILES}, DATA=<path>")
    return found


def unknown(path: Path, known: Iterable[Path]) -> list[Path]:
    """Return the files of a folder that are no known data set, in order."""
    beneath = path.rglob("*") if path.is_dir() else []
    return sorted({file for file in beneath if file.is_file()} - set(known))


def unknown_line(path: Path, known: Iterable[Path]) -> str:
    """Return one line that names the files that are no known data set; "" without any."""
    names = [str(file.relative_to(path)) for file in unknown(path, known)]
    return f"no known data set, so not measured: {', '.join(names)}" if names else ""


def source_of(path: Path) -> str | None:
    """Return the source of a file, which its columns identify; None for any other file."""
    import pyarrow as pa

    try:
        columns = _columns_of(path)
    except (OSError, pa.ArrowInvalid):
        return None
    return next((source for mark, source in MARKS.items() if mark in columns), None)


def _columns_of(path: Path) -> list[str]:
    import pyarrow.csv
    import pyarrow.parquet

    if path.suffix == ".parquet":
        return list(pyarrow.parquet.read_schema(path).names)
    with pyarrow.csv.open_csv(path) as reader:
        return list(reader.schema.names)


def _measured(measure: Measure, file: Path, settings: Settings) -> int:
    """Measure one data set; a failure becomes one line, and the next data set goes on.

    Returns:
        0 where every bar holds, 1 where one does not, 2 where it could not be measured.
    """
    try:
        return measure(file, settings)
    # what numpy and scikit-learn raise where a public file lacks rows or columns
    except (ScoringError, ArithmeticError, LookupError, ValueError) as error:
        sys.stderr.write(f"{file} was not measured: {type(error).__name__}: {error}\n")
        return 2
