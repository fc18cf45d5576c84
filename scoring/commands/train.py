"""`python -m scoring train`: train a model on what was known, and register it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from features.platform.settings import Settings, get_settings
from scoring.domains import JOBS
from scoring.models.training import TrainReceipt

TRAINERS: dict[str, Callable[[datetime, Settings], TrainReceipt]] = {
    job.model.name: job.training.train for job in JOBS.values() if job.training is not None
}


def add_parser(commands: Any) -> None:  # noqa: ANN401 - argparse names no such type
    """Add `train` to the command line."""
    parser = commands.add_parser("train", help="train a model and register it")
    parser.add_argument("--model", choices=sorted(TRAINERS), required=True)
    parser.add_argument(
        "--as-of", type=_moment, help="train on what was known then (ISO 8601); now if left out"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_command)


def _command(parsed: argparse.Namespace) -> int:
    receipt = TRAINERS[parsed.model](parsed.as_of or datetime.now(UTC), get_settings())
    if parsed.json:
        sys.stdout.write(json.dumps(receipt.as_dict(), indent=2) + "\n")
        return 0
    lines = [
        f"{receipt.model} version {receipt.version} is {receipt.alias} "
        f"({receipt.rows} rows, {receipt.events} events, {receipt.features} features)",
        *(f"  {name:32} {value:12.4f}" for name, value in receipt.metrics.items()),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone; write 2026-01-31T00:00Z")
    return moment.astimezone(UTC)
