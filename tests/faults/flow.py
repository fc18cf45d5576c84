"""The steps of a run as a task of a DAG calls them, one process each time, without Airflow.

The functions are those of `orchestration.steps`. Only the claim differs: it takes its pins from the
case, because most faults need no registry; the cases of the registry call the real one.
"""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.faults.deliveries import HOUR, SECOND

STEPS = ("ingest", "admit", "claim", "build", "score", "validate", "publish")
#: So few that a window of a few hundred rows has several chunks to be killed between.
CHUNK_ROWS = 120


@dataclass(frozen=True)
class Asked:
    """Which window is run, by whom, and with what it decides."""

    start: datetime = SECOND
    end: datetime = SECOND + HOUR
    kind: str = "scheduled"
    requested_by: str = ""
    reason: str | None = None
    restated_ids: tuple[str, ...] = ()
    pins: dict[str, Any] = field(default_factory=dict)
    registry: bool = False  # claim with the champion of the registry, as a DAG does

    def with_pins(self, pins: dict[str, Any]) -> Asked:
        """Return the same request with the pins of a house, unless it has its own."""
        return self if self.pins else replace(self, pins=pins)


@dataclass
class Told:
    """What a person finds where a step has ended: its name, and the error's kind and words."""

    step: str = ""
    error: str = ""
    message: str = ""
    seconds: float = 0.0
    receipts: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every step ended well."""
        return not self.error

    def __str__(self) -> str:
        return "succeeded" if self.ok else f"{self.step}: {self.error}: {self.message}"


def run(steps: Sequence[str], asked: Asked, told_path: Path) -> Told:
    """Run steps one after the other; write down how far they came, as the process may die."""
    from scoring import claims

    claims.CHUNK_ROWS = CHUNK_ROWS
    told = Told()
    started = time.monotonic()
    for step in steps:
        told.step = step
        _write(told_path, told)
        try:
            told.receipts[step] = _STEPS[step](asked, told.receipts)
        except Exception as error:  # noqa: BLE001 - what a task would fail with
            # a task's log holds the traceback too: the canaries are looked for in it
            traceback.print_exc()
            told.error, told.message = type(error).__name__, str(error)
            break
    told.seconds = time.monotonic() - started
    _write(told_path, told)
    return told


def read(told_path: Path) -> Told:
    """Return what a process wrote down; of one that was killed, the step it was in."""
    try:
        return Told(**json.loads(told_path.read_text()))
    except FileNotFoundError:
        return Told(error="Killed", message="before its first step")


def _write(path: Path, told: Told) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(told), default=str))
    os.replace(draft, path)  # noqa: PTH105 - the process may be killed at any instant


def _ingest(_: Asked, receipts: dict[str, Any]) -> Any:
    from orchestration import steps

    return steps.ingest()


def _admit(_: Asked, receipts: dict[str, Any]) -> Any:
    from orchestration import steps

    waiting = receipts.get("ingest", [])
    passed = [
        {"subject": receipt["delivery_id"], "verdict": "passed"}
        for receipt in waiting
        if receipt["state"] == "parsed"
    ]
    return steps.admit_deliveries(passed)


def _claim(asked: Asked, _: dict[str, Any]) -> Any:
    import psycopg

    from orchestration import steps
    from scoring import runs
    from scoring.jobs import SCORE_TRANSACTIONS
    from scoring.settings import get_settings

    request = runs.Request(
        asked.start,
        asked.end,
        asked.kind,
        asked.requested_by or f"{asked.kind} {asked.start.isoformat()}",
        asked.reason,
        asked.restated_ids,
    )
    if asked.registry:
        return steps.claim(SCORE_TRANSACTIONS.name, request)
    conninfo = get_settings().warehouse.conninfo("score")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        pins = runs.Pins(**asked.pins)
        return runs.claim(connection, SCORE_TRANSACTIONS, request, pins).receipt()


def _build(_: Asked, receipts: dict[str, Any]) -> Any:
    from orchestration import steps

    if receipts.get("claim", {}).get("state") == "published":
        return {}
    return steps.build("transaction_features")


def _score(_: Asked, receipts: dict[str, Any]) -> Any:
    from orchestration import steps

    return steps.score(receipts["claim"])


def _validate(_: Asked, receipts: dict[str, Any]) -> Any:
    from uuid import UUID

    import psycopg

    from scoring import runs
    from scoring.settings import get_settings

    conninfo = get_settings().warehouse.conninfo("score")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        runs.mark_validated(connection, UUID(receipts["claim"]["run_id"]))


def _publish(_: Asked, receipts: dict[str, Any]) -> Any:
    from orchestration import steps

    return steps.publish(receipts["claim"])


_STEPS: dict[str, Callable[[Asked, dict[str, Any]], Any]] = {
    "ingest": _ingest,
    "admit": _admit,
    "claim": _claim,
    "build": _build,
    "score": _score,
    "validate": _validate,
    "publish": _publish,
}
