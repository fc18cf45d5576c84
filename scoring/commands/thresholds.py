"""Derive the cut-offs that cost least, next to those in force.

The command prices the published decisions with their own calibrated probabilities and the policy's
costs. It changes nothing: a better cut-off is a new policy version, which persons approve.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
import typer
from psycopg import sql

from features.platform import readers
from scoring.commands import sessions
from scoring.commands.answers import Status, show
from scoring.commands.arguments import AsJson, JobOption, WindowOption, jobs_of
from scoring.commands.working import working
from scoring.decision.policy import activations
from scoring.decision.policy import policy as policies
from scoring.decision.policy.policy import Policy
from scoring.decision.pricing import Pricing, require
from scoring.runs.job import Job, quoted

if TYPE_CHECKING:
    from features.platform.arrays import Floats
    from scoring.decision.thresholds import CutOffs


@dataclass(frozen=True, slots=True)
class Comparison:
    """The cut-offs of one job: in force, and cheapest within the team's capacity."""

    job: str
    rows: int
    days: int
    capacity_per_day: int
    reviews_elsewhere: int  # asked for by rules and states, whatever the cut-offs
    in_force: CutOffs
    cheapest: CutOffs

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return asdict(self)


def compare(
    connection: psycopg.Connection[Any],
    job: Job,
    policy: Policy,
    window: tuple[datetime, datetime] | None = None,
) -> Comparison | None:
    """Price a job's published decisions; nothing where there are none.

    Args:
        connection: of role `score`.
        job: whose decisions.
        policy: the policy that states costs, capacity and the cut-offs in force.
        window: only what happened in it.

    Raises:
        ConfigurationError: the policy states no costs.
    """
    import numpy as np

    from scoring.decision import thresholds as cut_offs

    if job.pricing is None:
        return None
    team = require(policy.review_team, policy, "review_team")
    pricing = job.pricing()
    columns = _read(connection, job, pricing, window)
    probability = columns["probability"]
    if len(probability) == 0:
        return None
    days = len(np.unique(columns["day"]))
    costs = pricing.costs(columns, policy, team)
    capacity = pricing.capacity(team)
    review, decline = pricing.cut_offs(policy)
    elsewhere = int((columns["is_review"] * (probability < review)).sum())
    return Comparison(
        job.name,
        len(probability),
        days,
        capacity,
        elsewhere,
        cut_offs.at(probability, costs, review, decline),
        cut_offs.cheapest(probability, costs, max(capacity * days - elsewhere, 0)),
    )


def _read(
    connection: psycopg.Connection[Any],
    job: Job,
    pricing: Pricing,
    window: tuple[datetime, datetime] | None,
) -> dict[str, Floats]:
    import pyarrow as pa

    start, end = window or (None, None)
    query = sql.SQL(
        "select ledger.{probability}, features.{amount}::float8, {term}, "
        "extract(epoch from date_trunc('day', ledger.{at}))::float8, "
        "(ledger.decision = 'review')::int::float8 "
        "from {ledger} as ledger inner join {features} as features "
        "on features.{id} = ledger.{id} and features.version = ledger.version "
        "where ledger.{probability} is not null and features.{amount} is not null "
        "and ledger.{at} >= coalesce({start}::timestamptz, '-infinity') "
        "and ledger.{at} < coalesce({end}::timestamptz, 'infinity') "
        "and not exists (select from {ledger} as newer where newer.{id} = ledger.{id} "
        "and newer.revision > ledger.revision and newer.revision > 0)"
    ).format(
        **job.names,
        probability=sql.Identifier(pricing.probability),
        amount=sql.Identifier(pricing.amount),
        term=sql.SQL("{}::float8").format(
            sql.Identifier("ledger", pricing.term) if pricing.term else sql.Literal(0)
        ),
        features=quoted(job.view.table),
        start=sql.Literal(start),
        end=sql.Literal(end),
    )
    names = ("probability", "amount_minor", "term_months", "day", "is_review")
    rows = readers.read(connection, query, dict.fromkeys(names, pa.float64()))
    return {name: rows.column(name).to_numpy() for name in names}


def thresholds(
    policy: Annotated[
        str | None,
        typer.Option("--policy", metavar="VERSION", help="A policy version; default: in force."),
    ] = None,
    job: JobOption = None,
    window: WindowOption = None,
    as_json: AsJson = False,
) -> int:
    """Derive the cheapest cut-offs within the review capacity, next to those in force."""
    with working("thresholds"), sessions.connect() as connection:
        priced_by = policies.load(policy) if policy else activations.in_force(connection)
        compared = [compare(connection, each, priced_by, window) for each in jobs_of(job)]
    comparisons = [comparison for comparison in compared if comparison is not None]
    document = [comparison.as_dict() for comparison in comparisons]
    show(text_of(priced_by, comparisons), document, as_json=as_json)
    return Status.HOLDS


def text_of(policy: Policy, comparisons: list[Comparison]) -> str:
    """Return the comparison as lines for a person; money in minor units of the base currency."""
    lines = [f"policy {policy.version}; costs in minor units of the base currency, a day"]
    for one in comparisons:
        lines += [
            f"{one.job}: {one.rows:,} decisions of {one.days} days; at most "
            f"{one.capacity_per_day:,} reviews a day, of which rules and states take "
            f"{one.reviews_elsewhere / one.days:,.1f}",
            f"  {'':10} {'review':>8} {'decline':>8} {'cost':>14} {'reviews':>9}",
            *(
                f"  {name:10} {cut.review:8.4f} {cut.decline:8.4f} {cut.cost / one.days:14,.0f} "
                f"{cut.reviews / one.days:9,.1f}"
                for name, cut in (("in force", one.in_force), ("cheapest", one.cheapest))
            ),
        ]
    return "\n".join(lines if comparisons else [*lines, "no decision was published yet"])
