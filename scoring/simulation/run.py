"""Simulates an order from the stored rows to its report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import structlog

from features.platform import database
from features.platform.arrays import Flags
from features.platform.errors import ContractError
from scoring import domains
from scoring.simulation import derive
from scoring.simulation.bounds import bounds_of
from scoring.simulation.deciders import policy_decider
from scoring.simulation.flows import cells_of
from scoring.simulation.group_flows import GroupFlows
from scoring.simulation.matched import matched
from scoring.simulation.moved import Decide, MovedRows
from scoring.simulation.redecide import Redecided, redecide
from scoring.simulation.report import GroupFlow, Reasons, Report
from scoring.simulation.stored_rows import STORED_LIMIT

if TYPE_CHECKING:
    from features.platform.objects import ObjectStore
    from features.platform.settings import Settings
    from scoring.decider import PolicyDecider
    from scoring.runs.job import Job
    from scoring.runs.pins import ModelPin
    from scoring.runs.record import Run
    from scoring.simulation.order import Order
    from scoring.simulation.tally import Chunk

log = structlog.get_logger(__name__)


def simulate(
    order: Order, settings: Settings, store: ObjectStore, *, every_row: bool = False
) -> Report:
    """Decide the rows of an order again, and report what would change.

    Args:
        order: the decisions, the policy and the model.
        settings: the warehouse.
        store: holds the model files.
        every_row: compute the reasons of every row and compare all with the ledger; without it,
            those of moved rows.

    Raises:
        ConfigurationError: the candidate decides nothing of the job, or the file of a policy that
            decided in the window is gone or altered.
        ContractError: the model needs features that the view does not have.
        ModelUnavailableError: the model of the order is gone or altered, or answers for no row.
    """
    groups = GroupFlows(order.pricing.observation, settings)
    with database.connect(settings.warehouse, "score") as connection:
        moved = MovedRows(connection, order.job, every_row=every_row)

        def listen(rows: pa.Table, chunk: Chunk, is_moved: Flags) -> None:
            moved.keep(rows, chunk, is_moved)
            groups.add(rows, chunk)

        redecided = redecide(order, settings, store, listen)
        both_ways = moved.flipped_both_ways() if redecided.stored else 0
        reasons = (
            moved.reasons(_Explainers(order, settings, store).of) if redecided.stored else None
        )
    report = report_of(order, redecided, groups.flows(), reasons, both_ways)
    log.info(
        "policy_simulated",
        job=report.job,
        policy=report.policy_version,
        decisions=report.rows,
        moved=report.moved,
        report_sha256=report.sha256,
    )
    return report


class _Explainers:
    """Makes what decides a run's rows with reasons; each model file is loaded once."""

    def __init__(self, order: Order, settings: Settings, store: ObjectStore) -> None:
        self.order, self.settings, self.store = order, settings, store
        self.models: dict[str, Any] = {}

    def of(self, run: Run) -> Decide:
        """Return the function that decides the rows of a run under the candidate.

        Raises:
            ModelUnavailableError: the model file is gone or altered.
            ConfigurationError: the policy file of the run is gone or altered.
        """
        if self.order.pin is not None:
            decider = self._decider(run, self.order.pin)
            return lambda rows, _: decider.decide(rows)
        deciders = {
            version: self._decider(run, pin) for version, pin in _pins(run, self.order.job).items()
        }

        def decide(rows: pa.Table, recorded: pa.Table) -> pa.Table:
            """Decide each row with the model that decided it: a run may be split."""
            version = recorded.column("model_version")
            if unknown := set(version.unique().to_pylist()) - deciders.keys():
                raise ContractError(
                    f"rows of run {run.run_id} name model versions {sorted(unknown)} that the run "
                    "has not pinned; ask `vesper closure` what was changed"
                )
            parts = [
                deciders[name].decide_recorded(rows.filter(mask), recorded.filter(mask))
                for name in version.unique().to_pylist()
                for mask in (pc.equal(version, name),)
            ]
            return pa.concat_tables(parts)

        return decide

    def _decider(self, run: Run, pin: ModelPin | None) -> PolicyDecider:
        model = None if pin is None else self._model(pin)
        decider = policy_decider(self.order.job, run, model, self.settings)
        return decider.under(self.order.policy)

    def _model(self, pin: ModelPin) -> Any:  # noqa: ANN401 - as its file holds it
        if pin.sha256 not in self.models:
            self.models[pin.sha256] = domains.load_model(
                self.order.job, pin, self.settings, self.store
            )
        return self.models[pin.sha256]


def _pins(run: Run, job: Job) -> dict[str, ModelPin | None]:
    """Return the models of a run by the version that its rows name; None for no model."""
    roles = [role for role in (job.slot.role, job.slot.challenger_role) if role in run.models]
    return {str(run.models[role].get("version", "")): run.pin(role) for role in roles}


def report_of(
    order: Order,
    redecided: Redecided,
    groups: Sequence[GroupFlow] = (),
    reasons: Reasons | None = None,
    both_ways: int = 0,
) -> Report:
    """Return the report of rows that were decided again.

    Args:
        order: the order.
        redecided: the counts.
        groups: approvals of protected groups.
        reasons: what changes in the reasons.
        both_ways: customers with a stricter and a milder outcome.
    """
    tally, factor = redecided.tally, order.bad_multiplier
    before, after = derive.approved(tally, factor)
    swapped_in, swapped_out = derive.swap_rates(tally)
    return Report(
        job=order.job.name,
        event=order.pricing.observation.event,
        policy_version=order.policy.version,
        policy_sha256=order.policy.sha256,
        model_version=order.pin.version if order.pin else "",
        start=order.window[0],
        end=order.window[1],
        decisions=redecided.stored,
        rows=tally.rows,
        own_policies=redecided.own_policies,
        own_differing=redecided.own_differing,
        cells=tuple(cells_of(tally)),
        matched=matched(tally),
        approved_before=before,
        approved_after=after,
        swapped_in=bounds_of(tally, derive.swapped_in_cells(), factor),
        swapped_in_rate=swapped_in,
        swapped_out_rate=swapped_out,
        flips_at=derive.conclusion_flips_at(before, after),
        bad_multiplier=factor,
        reviews=derive.reviews(tally, order.policy, order.pricing),
        rules=derive.rules(tally),
        corners=derive.corners(tally, has_model=order.pin is not None),
        groups=tuple(groups),
        reasons=reasons,
        flipped_both_ways=both_ways,
        limits_changed=tally.limits_changed if STORED_LIMIT in order.job.columns else None,
    )
