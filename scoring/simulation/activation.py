"""Puts a policy in force that has been tried on past decisions, or says why it was not.

An activation names a simulation of each job that the policy decides: of the same file, no older
than two weeks, with rows. A warehouse without decisions has nothing to simulate, and this is
recorded as a simulation of zero rows. An activation without a simulation needs a reason, which is
recorded and sealed with it: a return to an earlier policy must be possible at once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from features.platform import database
from features.platform.errors import ConfigurationError
from scoring.decision.policy import activations
from scoring.decision.policy import policy as policies
from scoring.decision.policy.approval import require_approvable
from scoring.decision.policy.policy import Policy
from scoring.domains import JOBS
from scoring.runs.job import Job
from scoring.simulation import records
from scoring.simulation.order import Order, jobs_for
from scoring.simulation.records import Simulation
from scoring.simulation.redecide import Redecided
from scoring.simulation.report import Report
from scoring.simulation.run import report_of
from scoring.simulation.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A simulation that is older says nothing about the decisions of today.
LONGEST_AGE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Activation:
    """A policy that was put in force.

    Attributes:
        policy: the policy.
        simulations: that it rests on; of the jobs that have one.
        without_simulation: why a job has none; None if all have one.
    """

    policy: Policy
    simulations: tuple[Simulation, ...]
    without_simulation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """The approval of a policy version by two persons.

    Attributes:
        version: the policy file's version.
        author: the writer of the policy.
        approver: another person, who approves the policy.
        reason: the reason for the approval.
        effective_from: the start of its validity; now if None.
    """

    version: str
    author: str
    approver: str
    reason: str
    effective_from: datetime | None = None


def activate(
    connection: psycopg.Connection[Any],
    approval: Approval,
    *,
    without_simulation: str | None = None,
) -> Activation:
    """Put a policy in force that was simulated.

    Args:
        connection: of role `score`, in autocommit.
        approval: the version, the persons and the reason.
        without_simulation: the reason to do without a simulation; counts only if one is missing.

    Raises:
        ConfigurationError: as `activations.activate`; or a job that the policy decides has no
            simulation of this file, or one that does not reproduce the ledger.
    """
    version = approval.version
    candidate = policies.load(version)
    require_approvable(candidate)
    found = [
        _simulation_of(connection, candidate, job, approval.approver)
        for job in jobs_for(candidate, None, list(JOBS.values()))
    ]
    missing = [words for _, words in found if words]
    if missing and without_simulation is None:
        raise ConfigurationError(
            f"policy {version} cannot be activated yet: {'; '.join(missing)}. Try it first with "
            f"`vesper simulate --policy {version} --from <start> --to <end>`, or state why it must "
            "do without by --without-simulation"
        )
    simulations = tuple(simulation for simulation, words in found if simulation and not words)
    override = without_simulation if missing else None
    policy = activations.activate(
        connection,
        **asdict(approval),
        basis=activations.Basis([each.reference() for each in simulations], override),
    )
    return Activation(policy, simulations, override)


def _simulation_of(
    connection: psycopg.Connection[Any], policy: Policy, job: Job, person: str
) -> tuple[Simulation | None, str]:
    """Return the simulation of a job, and why it does not do; "" if it does."""
    simulation = records.newest_of(connection, job.name, policy.sha256, LONGEST_AGE)
    has_decisions = _has_decisions(connection, job)
    if simulation is None and not has_decisions:
        records.add(connection, _nothing(policy, job), person)
        return records.newest_of(connection, job.name, policy.sha256, LONGEST_AGE), ""
    if simulation is None:
        return None, (
            f"no simulation of this file on decisions of {job.name} within the last "
            f"{LONGEST_AGE.days} days"
        )
    if simulation.rows == 0 and has_decisions:
        return simulation, (
            f"the simulation {simulation.simulation_id} holds no row, and {job.name} has decisions"
        )
    if simulation.own_differing:
        return simulation, (
            f"the simulation {simulation.simulation_id} does not reproduce "
            f"{simulation.own_differing:,} decisions of {job.name}; find out why with "
            "`vesper replay`"
        )
    return simulation, ""


def _has_decisions(connection: psycopg.Connection[Any], job: Job) -> bool:
    (has_any,) = database.fetch_one(
        connection,
        "look for decisions",
        sql.SQL("select exists (select from {})").format(job.ledger_table),
    )
    return bool(has_any)


def _nothing(policy: Policy, job: Job) -> Report:
    """Return the report of a window without decisions: the day until now."""
    now = datetime.now(UTC)
    order = Order(job, policy, (now - timedelta(days=1), now))
    return report_of(order, Redecided(Tally(()), 0, 0, ()))


def lines(activation: Activation) -> Sequence[str]:
    """Return for a person what an activation rests on."""
    named = [
        f"tried on {each.rows:,} decisions of {each.job}: {each.moved:,} outcomes move "
        f"(simulation {each.simulation_id})"
        if each.rows
        else f"{each.job} has no decision yet: nothing to simulate"
        for each in activation.simulations
    ]
    if activation.without_simulation:
        named.append(f"without a simulation: {activation.without_simulation}")
    return named
