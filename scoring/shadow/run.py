"""Decides the rows of published runs with a challenger, chunk by chunk within a budget of time.

A shadow comes after publishing, so it can neither delay nor change a decision. Whatever breaks in
it is recorded in `decisions.shadow_runs` and logged, and never raised.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import structlog

from features.platform import database, failpoints, progress
from features.platform.errors import FencedError, ModelUnavailableError, ScoringError
from scoring.runs import leases
from scoring.runs.job import Job
from scoring.runs.pins import ModelPin
from scoring.runs.record import Run
from scoring.shadow import ledger, rows
from scoring.shadow.ledger import Shadow, State

if TYPE_CHECKING:
    from features.platform.settings import Settings
    from scoring.shadow.challenger import Challenger

log = structlog.get_logger(__name__)

#: The budget of a shadow in seconds: at least, and at most; the task's timeout lies above both.
LEAST_SECONDS, MOST_SECONDS = 60.0, 2_700.0


@dataclass(frozen=True, slots=True)
class Order:
    """The order to shadow a run: the job, the pin, and how the model is loaded.

    Attributes:
        job: the job of the run.
        pin: the challenger.
        load: loads the challenger; called after the shadow is on record.
        skip: why the challenger decides no further run; None if it does.
    """

    job: Job
    pin: ModelPin
    load: Callable[[], Challenger]
    skip: str | None = None


def shadow(run: Run, order: Order, settings: Settings) -> Shadow | None:
    """Decide the rows of a published run with a challenger; never raise an error.

    A shadow that stopped goes on where its last committed chunk ended. One that is done stays as
    it is.

    Returns:
        The shadow as it is afterwards; None if the warehouse could not keep its record.
    """
    try:
        _shadow(run, order, settings)
    except FencedError as error:
        log.warning("shadow_fenced", run_id=str(run.run_id), reason=str(error))
    except Exception as error:  # noqa: BLE001 - the seam that keeps a challenger away from the run
        _record(run, order.pin, settings, cause_of(error))
    return _found(run, order.pin, settings)


def record_failure(run: Run, pin: ModelPin, settings: Settings, error: Exception) -> Shadow | None:
    """Record that a run has no shadow, for instance because the registry names no challenger."""
    _record(run, pin, settings, cause_of(error))
    return _found(run, pin, settings)


def cause_of(error: Exception) -> str:
    """Return an error in words without row values."""
    if isinstance(error, ScoringError):
        return str(error)
    if isinstance(error, psycopg.Error):
        return f"Postgres refuses a statement: {database.described(error)}"
    return f"the challenger failed ({type(error).__name__})"


def _shadow(run: Run, order: Order, settings: Settings) -> None:
    with database.connect(settings.warehouse, "score") as connection:
        record = ledger.begin(connection, run, order.pin)
        if record.has_ended:
            return
        if words := order.skip or _own(run, order):
            ledger.stop(connection, record, words, State.SKIPPED)
            return
        challenger = order.load()
        lease = leases.take(connection, run.run_id, record.step)
        with leases.held(settings.warehouse.conninfo("score"), lease):
            _decide(connection, run, challenger, settings, lease)


def _own(run: Run, order: Order) -> str | None:
    """Return why a run needs no shadow: the same file has decided it."""
    champion = run.pin(order.job.slot.role)
    is_same = champion is not None and champion.sha256 == order.pin.sha256
    return f"{order.pin} has decided this run itself" if is_same else None


def _decide(
    connection: psycopg.Connection[Any],
    run: Run,
    challenger: Challenger,
    settings: Settings,
    lease: leases.Lease,
) -> None:
    began = time.monotonic()
    job = challenger.job
    budget = budget_of(ledger.seconds_of_score(connection, job, run), settings.shadow_budget)
    patience = min(settings.model_timeout_seconds, budget)
    decider = challenger.decides(
        run, settings.model_copy(update={"model_timeout_seconds": patience})
    )
    record = ledger.find(connection, run.run_id, challenger.pin)
    for chunk in range(ledger.select_rest(connection, job, run, record, settings.chunk_rows)):
        started = time.monotonic()
        if (spent := started - began) > budget:
            raise ModelUnavailableError(_slow(record, connection, challenger.pin, spent, budget))
        decided = decider.decide(ledger.read_chunk(connection, job, chunk))
        if status := rows.failure_of(job, decided):
            raise ModelUnavailableError(
                f"{challenger.pin} answered for none of {decided.num_rows} rows ({status}); train "
                "another challenger, or reject this one"
            )
        failpoints.reach("mid_shadow")
        would_be = rows.of(job, decided, record.shadow_id)
        ledger.write_chunk(connection, lease, record, would_be, time.monotonic() - started)
        progress.advance("rows", decided.num_rows, run.rows_claimed)
    ledger.finish(connection, lease, record)


def budget_of(score_seconds: float, factor: float) -> float:
    """Return the seconds that a shadow may take.

    Args:
        score_seconds: that the rows of the run took to score.
        factor: how many times as long the challenger may take.
    """
    return min(max(LEAST_SECONDS, score_seconds * factor), MOST_SECONDS)


def _slow(
    record: Shadow,
    connection: psycopg.Connection[Any],
    pin: ModelPin,
    spent: float,
    budget: float,
) -> str:
    reached = ledger.find(connection, record.run_id, pin)
    return (
        f"{pin} is too slow: after {spent:.0f} s it has decided {reached.rows_decided} of "
        f"{reached.rows_published} rows, and its budget is {budget:.0f} s; "
        f"`vesper models shadow {record.job}` goes on from there"
    )


def _record(run: Run, pin: ModelPin, settings: Settings, cause: str) -> None:
    log.error("shadow_failed", run_id=str(run.run_id), model=pin.name, cause=cause)
    try:
        with database.connect(settings.warehouse, "score") as connection:
            ledger.stop(connection, ledger.begin(connection, run, pin), cause)
    except (ScoringError, psycopg.Error) as error:
        log.error("shadow_not_recorded", run_id=str(run.run_id), cause=cause_of(error))


def _found(run: Run, pin: ModelPin, settings: Settings) -> Shadow | None:
    try:
        with database.connect(settings.warehouse, "score") as connection:
            found = ledger.find(connection, run.run_id, pin)
    except (ScoringError, psycopg.Error):
        return None
    log.info("run_shadowed", **found.receipt())
    return found
