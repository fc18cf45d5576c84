"""Run one of the three gates: of deliveries, of a run's features, of a run's decisions."""

from __future__ import annotations

import typer

from expectations.errors import GateFailedError
from expectations.validation import Validation
from features.platform.settings import get_settings
from features.platform.storage import object_store
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, RunArgument
from scoring.commands.ingest import held_of
from scoring.commands.working import working
from scoring.steps import gates
from scoring.steps import ingest as receiving

app = typer.Typer(
    help="Run a gate: of the deliveries, or of the features or decisions of a run.",
    no_args_is_help=True,
)


@app.command()
def deliveries(as_json: AsJson = False) -> int:
    """Parse the waiting files and check each delivery; admit nothing.

    Status 1: a delivery is held; the answer names it with its reason.
    """
    settings = get_settings()
    store = object_store(settings)
    with working("ingest"):
        received = receiving.ingest(settings, store)
    with working("validate_raw"):
        checks = gates.validate_deliveries(received, settings, store)
    held = held_of([receipt.delivery_id for receipt in received])
    lines = [f"{check.verdict}  {check.subject}" for check in checks if check.is_admitted]
    lines += [
        f"held  {receipt.delivery_id} ({receipt.object_name}): {receipt.reason}" for receipt in held
    ]
    document = {
        "checks": [check.as_dict() for check in checks],
        "held": [receipt.as_dict() for receipt in held],
    }
    show(lines or ["nothing new"], document, as_json=as_json)
    return Status.of(not held)


@app.command()
def features(run: RunArgument, as_json: AsJson = False) -> int:
    """Check the features of the rows that a run has claimed.

    Status 1: a critical expectation does not hold.
    """
    pipeline, _ = sessions.pipeline_of(run)
    with working("validate_features"):
        try:
            validation = pipeline.validate_features(run)
        except GateFailedError as error:
            return _failed(error, as_json=as_json)
    return _passed(validation, as_json=as_json)


@app.command()
def decisions(run: RunArgument, as_json: AsJson = False) -> int:
    """Check the scored rows of a run, and mark the run validated.

    Status 1: a critical expectation does not hold.
    """
    pipeline, _ = sessions.pipeline_of(run)
    with working("validate_decisions"):
        try:
            validation = pipeline.validate_decisions(run)
        except GateFailedError as error:
            return _failed(error, as_json=as_json)
    return _passed(validation, as_json=as_json)


def _passed(validation: Validation | None, *, as_json: bool) -> int:
    if validation is None:
        show("the run is published already; its gates passed then", None, as_json=as_json)
        return Status.HOLDS
    line = (
        f"{validation.verdict}  {validation.suite} on {validation.rows} rows of {validation.table}"
    )
    show(line, validation.as_dict(), as_json=as_json)
    return Status.HOLDS


def _failed(error: GateFailedError, *, as_json: bool) -> int:
    show(str(error), error.validation.as_dict(), as_json=as_json)
    return Status.DOES_NOT_HOLD
