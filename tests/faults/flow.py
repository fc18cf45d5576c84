"""The steps of a run as a task of a DAG calls them, one process each time, without Airflow.

The functions are those of `orchestration.steps`. Only two differ. The claim takes its pins from the
case, because most faults need no registry; the cases of the registry call the real one. In `STEPS`,
`admit` and `validate` leave the verdicts of gates that have not looked, which saves seconds; in
`TASKS` the gates look.
"""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.faults.deliveries import HOUR, SECOND

if TYPE_CHECKING:
    import psycopg

STEPS = ("ingest", "admit", "claim", "build", "score", "validate", "publish")
#: As a DAG has them.
TASKS = (
    *("ingest", "validate_raw", "admit", "claim", "build", "validate_features", "score"),
    *("validate_decisions", "publish"),
)
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


def run(
    steps: Sequence[str],
    asked: Asked,
    told_path: Path,
    receipts: Mapping[str, Any] | None = None,
) -> Told:
    """Run steps one after the other; write down how far they came, as the process may die.

    Args:
        steps: by name, in order.
        asked: the window.
        told_path: what was told so far.
        receipts: of the steps before these, which do not run again.
    """
    from scoring.runs import population

    population.CHUNK_ROWS = CHUNK_ROWS
    told = Told(receipts=dict(receipts or {}))
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


def _validate_raw(_: Asked, receipts: dict[str, Any]) -> Any:
    from orchestration import gates

    return gates.validate_raw(receipts["ingest"])


def _admit(_: Asked, receipts: dict[str, Any]) -> Any:
    from orchestration import steps
    from tests.builders import let_deliveries_pass

    if "validate_raw" in receipts:
        return steps.admit_deliveries(receipts["validate_raw"])
    with _connection() as connection:
        passed = let_deliveries_pass(connection, receipts.get("ingest", []))
    return steps.admit_deliveries(passed)


def _claim(asked: Asked, _: dict[str, Any]) -> Any:
    from orchestration import steps
    from scoring.domains import SCORE_TRANSACTIONS
    from scoring.runs import lifecycle, record
    from scoring.runs.request import Request

    request = Request(
        asked.start,
        asked.end,
        asked.kind,
        asked.requested_by or f"{asked.kind} {asked.start.isoformat()}",
        asked.reason,
        asked.restated_ids,
    )
    if asked.registry:
        return steps.claim(SCORE_TRANSACTIONS.name, request)
    with _connection() as connection:
        pins = record.Pins(**asked.pins)
        return lifecycle.claim(connection, SCORE_TRANSACTIONS, request, pins).receipt()


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

    from tests.builders import let_gates_pass

    with _connection() as connection:
        let_gates_pass(connection, UUID(receipts["claim"]["run_id"]))


def _validate_features(_: Asked, receipts: dict[str, Any]) -> Any:
    from orchestration import gates

    return gates.validate_run("features.transactions", receipts["claim"])


def _validate_decisions(_: Asked, receipts: dict[str, Any]) -> Any:
    from orchestration import gates

    return gates.validate_run("decisions.transactions", receipts["claim"])


def _connection() -> psycopg.Connection[Any]:
    import psycopg

    from features.platform.settings import get_settings

    return psycopg.connect(get_settings().warehouse.conninfo("score"), autocommit=True)


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
    "validate_raw": _validate_raw,
    "validate_features": _validate_features,
    "validate_decisions": _validate_decisions,
    "publish": _publish,
}
