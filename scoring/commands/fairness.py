"""`python -m scoring fairness FILE`: a report on public data, put beside the credit model."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from features.platform.errors import ConfigurationError
from features.platform.settings import get_settings
from scoring.commands.quality import source_of
from scoring.credit.job import JOB
from scoring.credit.quality import german_credit
from scoring.models import registry

FILE_NAME = "fairness_german_credit.md"


def add_parser(commands: Any) -> None:  # noqa: ANN401 - argparse names no such type
    """Add `fairness` to the command line."""
    parser = commands.add_parser(
        "fairness", help="report on groups of the German credit data, on the credit model's page"
    )
    parser.add_argument("file", type=Path, help="the German credit data (CSV)")
    parser.add_argument(
        "--alias", default=registry.CHAMPION, help="of the version to put it beside"
    )
    parser.set_defaults(command=_command)


def _command(parsed: argparse.Namespace) -> int:
    if source_of(parsed.file) != german_credit.SOURCE:
        raise ConfigurationError(f"{parsed.file} is not the German credit data")
    settings = get_settings()
    page = german_credit.report(parsed.file).page
    pin = registry.resolve(JOB.model.name, parsed.alias, settings)
    registry.attach(pin, FILE_NAME, page, settings)
    sys.stdout.write(page + f"\n{FILE_NAME} stands beside {pin.name} version {pin.version}\n")
    return 0
