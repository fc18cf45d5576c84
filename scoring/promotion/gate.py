"""Compares a challenger with the champion on fresh matured weeks, and records the verdict.

The record in the warehouse is the truth; tags and pages in the registry follow from it. Weeks are
used up by the record alone: a gate that waits has compared nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

import psycopg
import structlog

from features.platform import database
from features.platform.errors import ConfigurationError
from features.platform.settings import Settings
from features.views import FeatureView
from scoring.decision.policy import persons
from scoring.models import gate_plan
from scoring.models.gate_plan import GatePlan, Verdict
from scoring.models.matured_rows import Knowledge, Matured, MaturedRows, Period
from scoring.promotion import comparison, fresh_weeks, gate_records, gate_report, pairs, scored
from scoring.promotion.comparison import Comparison
from scoring.promotion.fresh_weeks import Waiting, Window
from scoring.promotion.gate_records import Gate
from scoring.promotion.pairs import Pair
from scoring.runs.job import Job

log = structlog.get_logger(__name__)

#: Weeks whose features are in memory at once.
WEEKS_AT_ONCE = 4


class GateStatus(StrEnum):
    """What a gate has done."""

    NO_CHALLENGER = "no challenger"
    WAITS = "waits"
    GATED = "gated"


@dataclass(frozen=True, slots=True)
class GateReceipt:
    """The answer of a gate.

    Attributes:
        job: the job.
        model: the registered model.
        status: what the gate has done.
        reason: one sentence for a person.
        champion_version: the version that decides; empty without a challenger.
        challenger_version: the version under test; empty without a challenger.
        passed: whether the plan lets the challenger be promoted by its newest verdict.
        verdict: the newest verdict on this pair; empty if there is none.
        verdict_sha256: its hash.
        gate_id: of its record.
        ready_at: when enough weeks will have matured, in ISO form; empty unless the gate waits.
        table: the newest verdict as Markdown.
    """

    job: str
    model: str
    status: str
    reason: str
    champion_version: str = ""
    challenger_version: str = ""
    passed: bool = False
    verdict: str = ""
    verdict_sha256: str = ""
    gate_id: str = ""
    ready_at: str = ""
    table: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return the receipt as plain values."""
        return asdict(self)


def run(job: Job, settings: Settings, requested_by: str) -> GateReceipt:
    """Compare the challenger of a job with its champion, if enough weeks have matured.

    A pair that a gate has judged better or worse is not compared again; its verdict is returned.

    Args:
        job: the job.
        settings: access to warehouse, registry and object store.
        requested_by: a person, or `schedule`.

    Raises:
        ConfigurationError: the job has no gate plan, or the two models cannot be compared.
        ContractError: a model gives no scores.
        FencedError: another gate has used the weeks in the meantime.
        ModelUnavailableError: the registry does not answer, or a file cannot be read.
    """
    plan, matured = _plan_of(job)
    if not persons.identity_of(requested_by):
        raise ConfigurationError("a gate needs the name of the person who asks for it")
    with database.connect(settings.warehouse, "score", autocommit=False) as connection:
        pair = pairs.find(connection, job, matured, settings)
        if pair is None:
            return _without_challenger(job)
        earlier = gate_records.of_pair(connection, pair.champion, pair.challenger, plan.sha256)
        if earlier is not None:
            _publish(earlier, pair, settings)  # unless that gate did
            if earlier.verdict == Verdict.WORSE or plan.promotes(earlier.verdict):
                return _receipt(job, pair, plan, earlier, GateStatus.GATED, "by an earlier gate")
        window = _window(connection, job, pair, plan, matured, settings)
        if isinstance(window, Waiting):
            return _waiting(job, pair, plan, earlier, window)
        parts = _parts(connection, matured, pair.view, window, settings)
        rows = scored.score(
            parts, pairs.load(pair, job, settings), job, pair.view, settings.model_timeout_seconds
        )
    if rows.left_out:
        log.warning("rows_not_compared", model=job.slot.name, rows=rows.left_out)
    if rows.rows is None or rows.rows.events < plan.fewest_events:
        events = 0 if rows.rows is None else rows.rows.events
        return _too_few_events(job, pair, plan, earlier, window, events)
    gate = _gate(job, pair, window, comparison.compare(rows.rows, plan), requested_by)
    with database.connect(settings.warehouse, "score") as connection:
        gate_records.insert(connection, gate)
    log.info("model_gated", model=gate.model, verdict=gate.verdict, sha256=gate.verdict_sha256)
    _publish(gate, pair, settings)
    return _receipt(job, pair, plan, gate, GateStatus.GATED, "on fresh weeks")


@dataclass(frozen=True, slots=True)
class FreshWindow:
    """The weeks to compare on, and what was known before them and about them."""

    window: Window
    knowledge: Knowledge
    used_until: datetime | None


def _plan_of(job: Job) -> tuple[GatePlan, Matured]:
    plan = gate_plan.load(job.slot.name)
    if plan is None or job.comparison is None:
        raise ConfigurationError(
            f"{job.slot.name} has no gate plan: a second person validates its versions instead, "
            "with `vesper models validate`"
        )
    return plan, job.comparison()


def _window(
    connection: psycopg.Connection[Any],
    job: Job,
    pair: Pair,
    plan: GatePlan,
    matured: Matured,
    settings: Settings,
) -> FreshWindow | Waiting:
    newest = gate_records.newest(connection, job.slot.name)
    used_until = newest.window_end if newest else None
    knowledge = matured.knowledge(connection, settings, datetime.now(UTC))
    window = fresh_weeks.choose(pair.learnt_until, used_until, knowledge, plan.weeks)
    return window if isinstance(window, Waiting) else FreshWindow(window, knowledge, used_until)


def _parts(
    connection: psycopg.Connection[Any],
    matured: Matured,
    view: FeatureView,
    fresh: FreshWindow,
    settings: Settings,
) -> Iterator[MaturedRows]:
    for part in fresh.window.parts(WEEKS_AT_ONCE):
        period = Period(start=part.start, end=part.end, as_of=fresh.knowledge.as_of)
        yield matured.read(connection, view, period, settings)


def _gate(
    job: Job, pair: Pair, fresh: FreshWindow, compared: Comparison, requested_by: str
) -> Gate:
    return Gate(
        gate_id=uuid4(),
        job=job.name,
        model=job.slot.name,
        champion_version=pair.champion.version,
        champion_sha256=pair.champion.sha256,
        challenger_version=pair.challenger.version,
        challenger_sha256=pair.challenger.sha256,
        plan_sha256=compared.plan_sha256,
        feature_view=pair.view.qualified,
        used_until=fresh.used_until,
        window_start=fresh.window.start,
        window_end=fresh.window.end,
        label_as_of=fresh.knowledge.as_of,
        weeks=fresh.window.weeks,
        rows=compared.rows,
        events=compared.events,
        customers=compared.clusters,
        effective_rows=compared.effective_rows,
        verdict=compared.verdict.value,
        tests=compared.as_dict(),
        verdict_sha256=compared.digest,
        requested_by=requested_by,
    )


def _publish(gate: Gate, pair: Pair, settings: Settings) -> None:
    if not gate_report.is_published(gate, pair.challenger, settings):
        gate_report.publish(gate, pair.challenger, settings)


def _without_challenger(job: Job) -> GateReceipt:
    reason = f"{job.slot.name} has no challenger beside its champion: train one"
    return GateReceipt(job.name, job.slot.name, GateStatus.NO_CHALLENGER, reason)


def _receipt(
    job: Job, pair: Pair, plan: GatePlan, gate: Gate | None, status: GateStatus, reason: str
) -> GateReceipt:
    versions = (pair.champion.version, pair.challenger.version)
    if gate is None:
        return GateReceipt(job.name, job.slot.name, status, reason, *versions)
    return GateReceipt(
        job.name,
        job.slot.name,
        status,
        f"{gate.verdict}: {reason}",
        *versions,
        passed=plan.promotes(gate.verdict),
        verdict=gate.verdict,
        verdict_sha256=gate.verdict_sha256,
        gate_id=str(gate.gate_id),
        table=gate_report.as_markdown(gate),
    )


def _waiting(
    job: Job, pair: Pair, plan: GatePlan, earlier: Gate | None, waiting: Waiting
) -> GateReceipt:
    reason = (
        f"{waiting.weeks} of {plan.weeks} fresh weeks have matured; enough of them on "
        f"{waiting.ready_at:%Y-%m-%d}"
    )
    receipt = _receipt(job, pair, plan, earlier, GateStatus.WAITS, reason)
    return replace(receipt, ready_at=waiting.ready_at.isoformat())


def _too_few_events(
    job: Job, pair: Pair, plan: GatePlan, earlier: Gate | None, fresh: FreshWindow, events: int
) -> GateReceipt:
    reason = (
        f"the {fresh.window.weeks} fresh weeks hold {events:,} of the {plan.fewest_events:,} "
        "events that the plan needs; they stay unused, and later weeks add to them"
    )
    return _receipt(job, pair, plan, earlier, GateStatus.WAITS, reason)
