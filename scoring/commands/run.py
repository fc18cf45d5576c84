"""Take one window through all steps of a job, without Airflow."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from features.ingest import AdmitReceipt, DeliveryReceipt
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import (
    AsJson,
    EndOption,
    JobArgument,
    KindOption,
    OptionalReason,
    StartOption,
    request_of,
)
from scoring.commands.working import working
from scoring.runs.record import Run
from scoring.runs.request import Kind


def run(
    job: JobArgument,
    start: StartOption,
    end: EndOption,
    kind: KindOption = Kind.MANUAL,
    reason: OptionalReason = None,
    as_json: AsJson = False,
) -> int:
    """Decide one window: all steps from ingest to publish.

    A published window stays as it is, and the answer says so. A second call continues the open run
    of the first. A held delivery does not stop the run; the answer names it.

    Status 1: a gate failed, so nothing was published.
    """
    request = request_of((start, end), kind, reason)
    from scoring.steps.pipeline import STEPS

    journal = Journal(STEPS, is_quiet=as_json)
    with journal:
        decided = sessions.pipeline(job).run(request, journal.report)
    show(journal.lines(decided), journal.document(decided), as_json=as_json)
    return Status.HOLDS


class Journal:
    """Show the step that runs, and keep the results of the steps that have ended."""

    def __init__(self, names: Sequence[str], *, is_quiet: bool) -> None:
        self.names = names
        self.is_quiet = is_quiet
        self.steps: list[dict[str, object]] = []
        self.held: list[DeliveryReceipt] = []
        self._shown = ExitStack()
        self._began = time.monotonic()

    def __enter__(self) -> Journal:
        self._begin(self.names[0])
        return self

    def __exit__(self, *_: object) -> None:
        self._shown.close()

    def report(self, step: str, result: Any) -> None:  # noqa: ANN401 - the result of any step
        """Keep the result of a step, and show the next step."""
        self._shown.close()
        seconds = round(time.monotonic() - self._began, 1)
        if step == "ingest":
            self.held = [receipt for receipt in result if receipt.state == "held"]
        line = _result(step, result)
        self.steps.append({"step": step, "seconds": seconds, "result": line})
        if not self.is_quiet:
            show(f"{step:18} {seconds:7.1f} s  {line}", None, as_json=False)
        if step != self.names[-1]:
            self._begin(self.names[self.names.index(step) + 1])

    def _begin(self, step: str) -> None:
        self._began = time.monotonic()
        self._shown.enter_context(working(step))

    @property
    def found_published(self) -> bool:
        """Whether the window had been published before this call."""
        return [step["step"] for step in self.steps][-1:] != [self.names[-1]]

    def lines(self, run: Run) -> list[str]:
        """Return the answer for a person."""
        window = f"{run.window_start:%Y-%m-%d %H:%M} to {run.window_end:%Y-%m-%d %H:%M} UTC"
        state = "found published" if self.found_published else str(run.state)
        return [
            *(f"held {held.delivery_id} ({held.object_name}): {held.reason}" for held in self.held),
            f"{state}: window {window} of {run.job}, run {run.run_id}, {run.rows_claimed:,} rows, "
            f"{run.rows_degraded or 0:,} degraded",
        ]

    def document(self, run: Run) -> dict[str, object]:
        """Return the answer as plain values."""
        return {
            "job": run.job,
            **run.receipt(),
            "found_published": self.found_published,
            "steps": self.steps,
            "held": [held.as_dict() for held in self.held],
        }


def _result(step: str, result: Any) -> str:  # noqa: ANN401 - the result of any step
    match step:
        case "ingest":
            text = f"{len(result)} deliveries, {_rows(result):,} rows"
        case "validate_raw":
            passed = sum(check.is_admitted for check in result)
            text = f"{passed} of {len(result)} deliveries may be admitted"
        case "admit":
            admitted, run = result
            text = f"{_admitted(admitted):,} rows admitted, {run.rows_claimed:,} rows in the window"
        case "build":
            text = f"{result.rows_added:,} feature rows added"
        case "score":
            text = (
                f"{result.rows_scored or 0:,} rows scored, {result.rows_degraded or 0:,} degraded"
            )
        case "publish":
            text = f"{result.rows_claimed:,} rows published"
        case _:
            text = "passed before" if result is None else str(result.verdict)
    return text


def _rows(receipts: list[DeliveryReceipt]) -> int:
    return sum(receipt.rows_in_file or 0 for receipt in receipts)


def _admitted(receipts: list[AdmitReceipt]) -> int:
    return sum(receipt.rows_admitted for receipt in receipts)
