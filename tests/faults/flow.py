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

#: The steps of the pipeline; the claim, which shares a task with `admit`, is a step here. The
#: shadow, which follows them, is none of them.
STEPS = (
    *("ingest", "validate_raw", "admit", "claim", "build", "validate_features", "score"),
    *("validate_decisions", "publish"),
)
Receipts = dict[str, Any]
#: So few that a window of a few hundred rows has several chunks to be killed between.
CHUNK_ROWS = 120


@dataclass(frozen=True)
class WindowRequest:
    """The window of a case, its requester, its job, and the pins that decide it."""

    start: datetime = SECOND
    end: datetime = SECOND + HOUR
    kind: str = "scheduled"
    requested_by: str = ""
    reason: str | None = None
    restated_ids: tuple[str, ...] = ()
    pins: dict[str, Any] = field(default_factory=dict)
    registry: bool = False  # claim with the champion of the registry, as a DAG does
    job: str = "score_transactions"

    def with_pins(self, pins: dict[str, Any]) -> WindowRequest:
        """Return the same request with the pins of a house, unless it has its own."""
        return self if self.pins else replace(self, pins=pins)


@dataclass
class Ending:
    """The end of an attempt: its last step, and the class and the text of its error."""

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
    request: WindowRequest,
    ending_path: Path,
    receipts: Mapping[str, Any] | None = None,
) -> Ending:
    """Run steps one after the other; store the progress, because the process may die.

    Args:
        steps: by name, in order.
        request: the window.
        ending_path: the file of the progress.
        receipts: of the steps before these, which do not run again.
    """
    ending = Ending(receipts=dict(receipts or {}))
    started = time.monotonic()
    for step in steps:
        ending.step = step
        _write(ending_path, ending)
        try:
            ending.receipts[step] = _STEPS[step](_pipeline(request), request, ending.receipts)
        except Exception as error:  # noqa: BLE001 - what a task would fail with
            # a task's log holds the traceback too: the canaries are looked for in it
            traceback.print_exc()
            ending.error, ending.message = type(error).__name__, str(error)
            break
    ending.seconds = time.monotonic() - started
    _write(ending_path, ending)
    return ending


def read(ending_path: Path) -> Ending:
    """Return the stored end of a process; of a killed process, the step that it was in."""
    try:
        return Ending(**json.loads(ending_path.read_text()))
    except FileNotFoundError:
        return Ending(error="Killed", message="before its first step")


def _write(path: Path, ending: Ending) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(ending), default=str))
    os.replace(draft, path)  # noqa: PTH105 - the process may be killed at any instant


def _pipeline(request: WindowRequest) -> Pipeline:
    from features.platform.settings import get_settings
    from orchestration import steps
    from scoring.domains import job_named
    from scoring.runs.pins import Pins
    from scoring.steps.pipeline import Pipeline

    if request.registry:
        return steps.pipeline(request.job)
    return Pipeline(job_named(request.job), get_settings(), pins=Pins(**request.pins))


def _request(request: WindowRequest) -> Request:
    from scoring.runs.request import Kind, Request

    return Request(
        request.start,
        request.end,
        Kind(request.kind),
        request.requested_by or f"{request.kind} {request.start.isoformat()}",
        request.reason,
        request.restated_ids,
    )


def _ingest(pipeline: Pipeline, _: WindowRequest, receipts: Receipts) -> Any:
    return [delivery.as_dict() for delivery in pipeline.ingest()]


def _validate_raw(pipeline: Pipeline, _: WindowRequest, receipts: Receipts) -> Any:
    from features.ingest import DeliveryReceipt

    deliveries = [DeliveryReceipt.of(receipt) for receipt in receipts["ingest"]]
    return [check.as_dict() for check in pipeline.validate_raw(deliveries)]


def _admit(pipeline: Pipeline, _: WindowRequest, receipts: Receipts) -> Any:
    from scoring.steps.gates import DeliveryCheck

    checks = receipts["validate_raw"]
    if checks is not None:
        checks = [DeliveryCheck.of(receipt) for receipt in checks]
    return [delivery.as_dict() for delivery in pipeline.admit(checks)]


def _claim(pipeline: Pipeline, request: WindowRequest, _: Receipts) -> Any:
    if request.registry:
        return pipeline.claim(_request(request)).receipt()
    # an open run of another window is an error at once: a case must not wait for it
    from scoring.runs import lifecycle

    with _connection() as connection:
        run = lifecycle.claim(
            connection, pipeline.job, _request(request), pipeline.pins, chunk_rows=CHUNK_ROWS
        )
    return run.receipt()


def _build(pipeline: Pipeline, _: WindowRequest, receipts: Receipts) -> Any:
    if receipts.get("claim", {}).get("state") == "published":
        return {}
    return {"rows_added": pipeline.build().rows_added}


def _run_id(receipts: Receipts) -> UUID:
    return UUID(receipts["claim"]["run_id"])


def _validate_features(pipeline: Pipeline, _: WindowRequest, receipts: Receipts) -> Any:
    validation = pipeline.validate_features(_run_id(receipts))
    return validation and validation.as_dict()


def _score(pipeline: Pipeline, _: WindowRequest, receipts: Receipts) -> Any:
    return pipeline.score(_run_id(receipts)).receipt()


def _validate_decisions(pipeline: Pipeline, _: WindowRequest, receipts: Receipts) -> Any:
    validation = pipeline.validate_decisions(_run_id(receipts))
    return validation and validation.as_dict()


def _publish(pipeline: Pipeline, _: WindowRequest, receipts: Receipts) -> Any:
    return pipeline.publish(_run_id(receipts)).receipt()


def _shadow(pipeline: Pipeline, _: WindowRequest, receipts: Receipts) -> Any:
    found = pipeline.shadow(_run_id(receipts))
    return found and found.receipt()


def _connection() -> psycopg.Connection[Any]:
    import psycopg

    from features.platform.settings import get_settings

    return psycopg.connect(get_settings().warehouse.conninfo("score"), autocommit=True)


_STEPS: dict[str, Callable[[Pipeline, WindowRequest, Receipts], Any]] = {
    "ingest": _ingest,
    "validate_raw": _validate_raw,
    "admit": _admit,
    "claim": _claim,
    "build": _build,
    "validate_features": _validate_features,
    "score": _score,
    "validate_decisions": _validate_decisions,
    "publish": _publish,
    "shadow": _shadow,
}
