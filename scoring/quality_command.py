"""`python -m scoring quality FILE`: the shipped models on public data, as its columns tell."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from features.errors import ConfigurationError
from scoring.fraud import handbook
from scoring.fraud import quality as fraud
from scoring.settings import get_settings

# a column that only the outcomes of one of the files have
MARKS = {"TX_FRAUD": "fraud_handbook"}


def add_parser(commands: Any) -> None:  # noqa: ANN401 - argparse names no such type
    """Add `quality` to the command line."""
    parser = commands.add_parser("quality", help="measure a model on its public data")
    parser.add_argument("file", type=Path, help="the handbook's transactions, one Parquet")
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
        columns = pyarrow.parquet.read_schema(path).names
    except (OSError, pa.ArrowInvalid) as error:
        raise ConfigurationError(
            f"{path} is no Parquet file that can be read: give the handbook's transactions or "
            "LendingClub's loans, DATA=<file>"
        ) from error
    for mark, source in MARKS.items():
        if mark in columns:
            return source
    raise ConfigurationError(
        f"{path.name} has none of the columns {', '.join(MARKS)}: it is neither the handbook's "
        "transactions nor LendingClub's loans"
    )


def _command(parsed: argparse.Namespace) -> int:
    settings = get_settings()
    source_of(parsed.file)
    folds = handbook.VALIDATION_FOLDS if parsed.validation else handbook.TEST_FOLDS
    return fraud.run(parsed.file, settings, folds=folds)
