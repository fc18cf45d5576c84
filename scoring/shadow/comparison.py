"""Reads what a challenger would have changed: agreement, swap set with money, other reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import class_row

from features.platform import database

_REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Flow:
    """The decisions with one pair of outcomes; amounts are in the base currency."""

    champion_decision: str
    challenger_decision: str
    decisions: int
    amount: Decimal

    @property
    def agrees(self) -> bool:
        """Whether both decide the same."""
        return self.champion_decision == self.challenger_decision


@dataclass(frozen=True, slots=True)
class ReasonChange:
    """The decisions in which a reason code stays, appears or disappears."""

    reason_code: str
    stays: int
    appears: int
    disappears: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A challenger beside the decisions of its champions.

    Attributes:
        model: the registered model.
        version: of the challenger.
        days: UTC days of the events.
        decisions: that both have made.
        mean_score_difference: challenger minus champion; None without a row with both scores.
        flows: by pair of decisions, the largest first.
        reasons: by reason code, the most changed first.
    """

    model: str
    version: str
    days: int
    decisions: int
    mean_score_difference: float | None
    flows: tuple[Flow, ...]
    reasons: tuple[ReasonChange, ...]

    @property
    def agreement(self) -> float:
        """The share of decisions that are the same; 1 without any."""
        same = sum(flow.decisions for flow in self.flows if flow.agrees)
        return same / self.decisions if self.decisions else 1.0

    def as_dict(self) -> dict[str, object]:
        """Return plain values."""
        return {**asdict(self), "agreement": self.agreement}

    def lines(self) -> Iterator[str]:
        """Yield the comparison for a person."""
        difference = self.mean_score_difference
        yield (
            f"{self.model} version {self.version} in shadow: {self.decisions:,} decisions of "
            f"{self.days:,} days, {self.agreement:.1%} as the champion decided"
            + ("" if difference is None else f", scores {difference:+.4f} on average")
        )
        for flow in self.flows:
            if not flow.agrees:
                yield (
                    f"  {flow.champion_decision} becomes {flow.challenger_decision}: "
                    f"{flow.decisions:,} decisions, {flow.amount:,} in the base currency"
                )
        changed = [reason for reason in self.reasons if reason.appears or reason.disappears]
        for reason in changed[:_REASONS_SHOWN]:
            yield (
                f"  reason {reason.reason_code}: appears in {reason.appears:,} decisions, "
                f"disappears from {reason.disappears:,}"
            )


def read(connection: psycopg.Connection[Any], model: str, version: str) -> Comparison:
    """Read the comparison of a challenger with the decisions that were published.

    Args:
        connection: of a role that reads `serving`, such as `analyst`.
        model: the registered model, of transactions or of applications.
        version: of the challenger.
    """
    of_challenger = {"model": model, "version": version}
    days, decisions, difference = database.fetch_one(
        connection,
        "read the comparison of a shadow",
        "select count(distinct event_day), count(*), avg(challenger_score - champion_score) "
        "from serving.shadow_decisions "
        "where model = %(model)s and challenger_version = %(version)s",
        of_challenger,
    )
    with connection.cursor(row_factory=class_row(Flow)) as cursor:
        flows = database.fetch_all(
            cursor,
            "read the flows of a shadow",
            "select champion_decision, challenger_decision, "
            "sum(decision_count)::bigint as decisions, sum(total_amount) as amount "
            "from serving.shadow_flows where model = %(model)s "
            "and challenger_version = %(version)s "
            "group by champion_decision, challenger_decision "
            "order by decisions desc, champion_decision, challenger_decision",
            of_challenger,
        )
    with connection.cursor(row_factory=class_row(ReasonChange)) as reader:
        reasons = database.fetch_all(
            reader,
            "read the reasons of a shadow",
            "select reason_code, sum(stays_count)::bigint as stays, "
            "sum(appears_count)::bigint as appears, "
            "sum(disappears_count)::bigint as disappears "
            "from serving.shadow_reasons where model = %(model)s "
            "and challenger_version = %(version)s group by reason_code "
            "order by sum(appears_count + disappears_count) desc, reason_code",
            of_challenger,
        )
    return Comparison(model, version, days, decisions, difference, tuple(flows), tuple(reasons))
