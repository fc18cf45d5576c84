"""Run the steps of the pipeline, each in order, in a process of their own, without Airflow.

The gates check in every case. Only the claim differs from production: it takes its pins from the
case, because most faults need no registry; the cases of the registry claim with the real one.
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
from uuid import UUID

from tests.faults.deliveries import HOUR, SECOND

if TYPE_CHECKING:
    import psycopg

    from scoring.runs.request import Request
    from scoring.steps.pipeline import Pipeline

#: The steps of the pipeline; the claim, which shares a task with `admit`, is a step here.
STEPS = (
    *("ingest", "validate_raw", "admit", "claim", "build", "validate_features", "score"),
    *("validate_decisions", "publish"),
)
Receipts = dict[str, Any]
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
    told = Told(receipts=dict(receipts or {}))
    started = time.monotonic()
    for step in steps:
        told.step = step
        _write(told_path, told)
        try:
            told.receipts[step] = _STEPS[step](_pipeline(asked), asked, told.receipts)
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


def _pipeline(asked: Asked) -> Pipeline:
    from features.platform.settings import get_settings
    from orchestration import steps
    from scoring.domains import SCORE_TRANSACTIONS
    from scoring.runs.pins import Pins
    from scoring.steps.pipeline import Pipeline

    if asked.registry:
        return steps.pipeline(SCORE_TRANSACTIONS.name)
    return Pipeline(SCORE_TRANSACTIONS, get_settings(), pins=Pins(**asked.pins))


def _request(asked: Asked) -> Request:
    from scoring.runs.request import Kind, Request

    return Request(
        asked.start,
        asked.end,
        Kind(asked.kind),
        asked.requested_by or f"{asked.kind} {asked.start.isoformat()}",
        asked.reason,
        asked.restated_ids,
    )


def _ingest(pipeline: Pipeline, _: Asked, receipts: Receipts) -> Any:
    return [delivery.as_dict() for delivery in pipeline.ingest()]


def _validate_raw(pipeline: Pipeline, _: Asked, receipts: Receipts) -> Any:
    from features.ingest import DeliveryReceipt

    deliveries = [DeliveryReceipt.of(receipt) for receipt in receipts["ingest"]]
    return [check.as_dict() for check in pipeline.validate_raw(deliveries)]


def _admit(pipeline: Pipeline, _: Asked, receipts: Receipts) -> Any:
    from scoring.steps.gates import DeliveryCheck

    checks = receipts["validate_raw"]
    if checks is not None:
        checks = [DeliveryCheck.of(receipt) for receipt in checks]
    return [delivery.as_dict() for delivery in pipeline.admit(checks)]


def _claim(pipeline: Pipeline, asked: Asked, _: Receipts) -> Any:
    if asked.registry:
        return pipeline.claim(_request(asked)).receipt()
    # an open run of another window is an error at once: a case must not wait for it
    from scoring.runs import lifecycle

    with _connection() as connection:
        run = lifecycle.claim(
            connection, pipeline.job, _request(asked), pipeline.pins, chunk_rows=CHUNK_ROWS
        )
    return run.receipt()


def _build(pipeline: Pipeline, _: Asked, receipts: Receipts) -> Any:
    if receipts.get("claim", {}).get("state") == "published":
        return {}
    return {"rows_added": pipeline.build().rows_added}


def _run_id(receipts: Receipts) -> UUID:
    return UUID(receipts["claim"]["run_id"])


def _validate_features(pipeline: Pipeline, _: Asked, receipts: Receipts) -> Any:
    validation = pipeline.validate_features(_run_id(receipts))
    return validation and validation.as_dict()


def _score(pipeline: Pipeline, _: Asked, receipts: Receipts) -> Any:
    return pipeline.score(_run_id(receipts)).receipt()


def _validate_decisions(pipeline: Pipeline, _: Asked, receipts: Receipts) -> Any:
    validation = pipeline.validate_decisions(_run_id(receipts))
    return validation and validation.as_dict()


def _publish(pipeline: Pipeline, _: Asked, receipts: Receipts) -> Any:
    return pipeline.publish(_run_id(receipts)).receipt()


def _connection() -> psycopg.Connection[Any]:
    import psycopg

    from features.platform.settings import get_settings

    return psycopg.connect(get_settings().warehouse.conninfo("score"), autocommit=True)


_STEPS: dict[str, Callable[[Pipeline, Asked, Receipts], Any]] = {
    "ingest": _ingest,
    "validate_raw": _validate_raw,
    "admit": _admit,
    "claim": _claim,
    "build": _build,
    "validate_features": _validate_features,
    "score": _score,
    "validate_decisions": _validate_decisions,
    "publish": _publish,
}
