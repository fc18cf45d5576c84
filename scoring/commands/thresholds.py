"""`python -m scoring thresholds`: what the cut-offs should be, next to those in force.

Offline: the published decisions of a stretch of time are priced with their own calibrated
probabilities and the policy's costs. Nothing is changed; a better cut-off is a new policy version,
written and approved by people.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from features.platform import database, readers
from features.platform.arrays import Floats
from features.platform.settings import get_settings
from scoring.decision import thresholds
from scoring.decision.policy import activations
from scoring.decision.policy import policy as policies
from scoring.decision.policy.policy import Policy
from scoring.decision.pricing import Pricing, require
from scoring.decision.thresholds import CutOffs
from scoring.domains import JOBS
from scoring.runs.job import Job, quoted


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
        thresholds.at(probability, costs, review, decline),
        thresholds.cheapest(probability, costs, max(capacity * days - elsewhere, 0)),
    )


def _read(
    connection: psycopg.Connection[Any],
    job: Job,
    pricing: Pricing,
    window: tuple[datetime, datetime] | None,
) -> dict[str, Floats]:
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


def add_parser(commands: Any, moment: Callable[[str], datetime]) -> None:  # noqa: ANN401 - argparse
    """Add `thresholds` to the command line.

    Args:
        commands: the parser's subcommands.
        moment: reads an instant with its zone.
    """
    parser = commands.add_parser(
        "thresholds", help="derive cost-optimal cut-offs, next to those in force"
    )
    parser.add_argument("--policy", metavar="VERSION", help="another version than that in force")
    parser.add_argument(
        "--window", nargs=2, type=moment, metavar=("START", "END"), help="what happened in it"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_command)


def _command(parsed: argparse.Namespace) -> int:
    with database.connect(get_settings().warehouse, "score") as connection:
        policy = policies.load(parsed.policy) if parsed.policy else activations.in_force(connection)
        window = parsed.window and (*parsed.window,)
        compared = [compare(connection, job, policy, window) for job in JOBS.values()]
    comparisons = [comparison for comparison in compared if comparison is not None]
    if parsed.json:
        sys.stdout.write(json.dumps([row.as_dict() for row in comparisons], indent=2) + "\n")
    else:
        sys.stdout.write(text_of(policy, comparisons) + "\n")
    return 0


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
