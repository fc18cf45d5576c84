"""`python -m scoring quality FILE`: measures on public data; which, the file's columns tell."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from features.platform.errors import ConfigurationError, ScoringError
from features.platform.settings import Settings, get_settings
from scoring.credit.quality import german_credit
from scoring.credit.quality import protocol as credit
from scoring.fraud.quality import handbook
from scoring.fraud.quality import protocol as fraud

# a column that only the outcomes of one of the files have
MARKS = {
    "TX_FRAUD": fraud.SOURCE,
    "loan_status": credit.SOURCE,
    german_credit.OUTCOME: german_credit.SOURCE,
}
FILES = "the handbook's transactions, LendingClub's loans (Parquet) or the German credit data (CSV)"


def add_parser(commands: Any) -> None:  # noqa: ANN401 - argparse names no such type
    """Add `quality` to the command line."""
    parser = commands.add_parser("quality", help="measure a model on its public data")
    parser.add_argument("data", type=Path, help=f"{FILES}, or a folder that holds them")
    parser.add_argument(
        "--validation",
        action="store_true",
        help="measure on the earlier weeks on which settings are chosen, not on the test weeks",
    )
    parser.set_defaults(command=_command)


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


def source_of(path: Path) -> str | None:
    """Return the source that a file is of, as its columns tell; None where it is of none."""
    try:
        columns = _columns_of(path)
    except (OSError, pa.ArrowInvalid):
        return None
    return next((source for mark, source in MARKS.items() if mark in columns), None)


def _columns_of(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        return list(pyarrow.parquet.read_schema(path).names)
    with pa.csv.open_csv(path) as reader:
        return list(reader.schema.names)


def _command(parsed: argparse.Namespace) -> int:
    settings = get_settings()
    folds = handbook.VALIDATION_FOLDS if parsed.validation else handbook.TEST_FOLDS
    measures: dict[str, Callable[[Path, Settings], int]] = {
        fraud.SOURCE: partial(fraud.run, folds=folds),
        credit.SOURCE: credit.run,
        german_credit.SOURCE: german_credit.run,
    }
    found = measurable(parsed.data)
    return max(_measured(measures[source], file, settings) for file, source in found.items())


def _measured(measure: Callable[[Path, Settings], int], file: Path, settings: Settings) -> int:
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
