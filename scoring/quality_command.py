"""`python -m scoring quality FILE`: measures on public data; which, the file's columns tell."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from features.errors import ConfigurationError
from scoring.credit import german_credit
from scoring.credit import quality as credit
from scoring.fraud import handbook
from scoring.fraud import quality as fraud
from scoring.settings import get_settings

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
    parser.add_argument("file", type=Path, help=FILES)
    parser.add_argument(
        "--validation",
        action="store_true",
        help="measure on the earlier weeks on which settings are chosen, not on the test weeks",
    )
    parser.set_defaults(command=_command)


def source_of(path: Path) -> str:
    """Return the source whose file this is.

    Raises:
        ConfigurationError: there is no such file, or it is of no source that can be measured.
    """
    try:
        columns = _columns_of(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise ConfigurationError(f"{path} cannot be read: give {FILES}, DATA=<file>") from error
    for mark, source in MARKS.items():
        if mark in columns:
            return source
    raise ConfigurationError(
        f"{path.name} has none of the columns {', '.join(MARKS)}: give {FILES}"
    )


def _columns_of(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        return list(pyarrow.parquet.read_schema(path).names)
    with pa.csv.open_csv(path) as reader:
        return list(reader.schema.names)


def _command(parsed: argparse.Namespace) -> int:
    settings = get_settings()
    source = source_of(parsed.file)
    if source == credit.SOURCE:
        return credit.run(parsed.file, settings)
    if source == german_credit.SOURCE:
        return german_credit.run(parsed.file, settings)
    folds = handbook.VALIDATION_FOLDS if parsed.validation else handbook.TEST_FOLDS
    return fraud.run(parsed.file, settings, folds=folds)
