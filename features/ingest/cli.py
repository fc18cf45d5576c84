"""Ingest, release and discard deliveries without Airflow: `python -m features COMMAND`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any, Protocol
from uuid import UUID

import psycopg

from features.ingest.admit import admit
from features.ingest.deliveries import discard, release
from features.ingest.run import ingest_all
from features.platform import database
from features.platform.storage import object_store
from features.sources import descriptions


class _Subparsers(Protocol):
    def add_parser(self, name: str, **kwargs: Any) -> argparse.ArgumentParser:  # noqa: ANN401
        """Add a command."""


def add_parser(subparsers: _Subparsers) -> None:
    """Add the commands; each takes the process' settings as `args.settings()`."""
    ingest = _command(subparsers, "ingest", "take all waiting files into the raw tables", _ingest)
    ingest.add_argument(
        "--load-kind", choices=("history", "live"), help="take only these files; default: both"
    )
    for name, text, run in (
        ("release", "admit a held delivery unchanged", _release),
        ("discard", "discard a parsed or held delivery", _discard),
    ):
        command = _command(subparsers, name, text, run)
        command.add_argument("delivery_id", type=UUID)
        command.add_argument("--reason", required=True, help="reason, stored in the register")


def _command(
    subparsers: _Subparsers, name: str, text: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(name, help=text, description=text)
    parser.add_argument("--source", help="name of a source, or its YAML file")
    parser.add_argument("--decide-from", help="ISO 8601; earlier rows are history")
    parser.add_argument("--json", action="store_true", help="print receipts as JSON")
    parser.set_defaults(run=run)
    return parser


def _described(args: argparse.Namespace) -> descriptions.Sources:
    settings = args.settings()
    name, folder = args.source or settings.sources, settings.sources_dir
    return descriptions.load(name, {"decide_from": args.decide_from}, folder=folder)


def _connect(args: argparse.Namespace) -> psycopg.Connection[Any]:
    return database.connect(args.settings().warehouse, "ingest", autocommit=False)


def _ingest(args: argparse.Namespace) -> int:
    settings = args.settings()
    described, store = _described(args), object_store(settings)
    with closing(_connect(args)) as connection:
        received, admitted = ingest_all(
            described,
            store,
            connection,
            base_currency=settings.warehouse.base_currency,
            load_kind=args.load_kind,
        )
    held = [receipt for receipt in received if receipt.state == "held"]
    lines = [
        f"{receipt.feed}: {receipt.rows_admitted} admitted, {receipt.rows_duplicate} duplicate, "
        f"{receipt.rows_rejected} rejected of {receipt.rows_in_file} rows"
        for receipt in admitted
    ]
    lines += [f"{receipt.feed}: {note}" for receipt in admitted for note in receipt.notes]
    lines += [
        f"{receipt.feed}: held {receipt.delivery_id} ({receipt.object_name}): {receipt.reason}"
        for receipt in held
    ]
    _say(args, [item.as_dict() for item in (*admitted, *held)], lines or ["nothing new"])
    return 2 if held else 0


def _release(args: argparse.Namespace) -> int:
    described = _described(args)  # first, because a wrong description must not release
    with closing(_connect(args)) as connection:
        release(args.delivery_id, args.reason, connection)
        base_currency = args.settings().warehouse.base_currency
        receipt = admit(args.delivery_id, connection, described, base_currency=base_currency)
    _say(args, [receipt.as_dict()], [f"{receipt.feed}: {receipt.rows_admitted} rows admitted"])
    return 0


def _discard(args: argparse.Namespace) -> int:
    with closing(_connect(args)) as connection:
        discard(args.delivery_id, args.reason, connection)
    line = f"discarded {args.delivery_id}; to ingest the file, deliver it again"
    _say(args, [{"delivery_id": str(args.delivery_id), "state": "discarded"}], [line])
    return 0


def _say(args: argparse.Namespace, receipts: list[dict[str, Any]], lines: list[str]) -> None:
    text = json.dumps(receipts) if args.json else "\n".join(lines)
    sys.stdout.write(f"{text}\n")
