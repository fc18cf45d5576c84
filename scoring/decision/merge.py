"""Merge model scores, rules and lists into one outcome per row. Pure: columns in, columns out.

Order: knock-out > allow-list in force > the stricter of fraud, anomaly and rules. A degraded row
is a review or stricter, whatever a list says. Each row is decided from itself and the policy
alone; rows are never ranked against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from scoring.decision.outcome import Outcome, Status
from scoring.decision.policy import Listing, Policy, Rule
from scoring.decision.rules import Condition

Levels = NDArray[np.int8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ComponentScores:
    """One component's scores: [n] in [0, 1], NaN exactly where the status is not ok."""

    values: NDArray[np.float64]
    status: NDArray[np.object_]

    @property
    def is_ok(self) -> Mask:
        """Where there is a score."""
        return np.asarray(self.status == Status.OK, dtype=bool)

    def take(self, rows: NDArray[np.intp]) -> ComponentScores:
        """Return the scores of some rows."""
        return ComponentScores(self.values[rows], self.status[rows])


@dataclass(frozen=True, slots=True)
class Decisions:
    """Outcomes of n rows, and what led to each: the ground for reasons."""

    outcome: Levels
    is_degraded: Mask
    fraud_level: Levels
    anomaly_level: Levels
    rule_hits: Mask  # [n, rules], suppressed hits left out
    rules: tuple[Rule, ...]

    def take(self, rows: NDArray[np.intp]) -> Decisions:
        """Return the decisions of some rows."""
        return Decisions(
            self.outcome[rows],
            self.is_degraded[rows],
            self.fraud_level[rows],
            self.anomaly_level[rows],
            self.rule_hits[rows],
            self.rules,
        )

    def rule_hits_text(self) -> pa.Array:
        """Return the hits as Postgres array text, such as `{burst,card_testing}`."""
        names = np.array([rule.rule_id for rule in self.rules])
        # few patterns of hits, many rows
        patterns, place = np.unique(self.rule_hits, axis=0, return_inverse=True)
        texts = ["{" + ",".join(names[pattern]) + "}" for pattern in patterns]
        return pa.array(texts, pa.string()).take(pa.array(place.reshape(-1)))


def decide(
    fraud: ComponentScores,
    anomaly: ComponentScores,
    columns: Mapping[str, pa.Array],
    policy: Policy,
    conditions: Sequence[tuple[Rule, Condition]],
) -> Decisions:
    """Decide n rows.

    Args:
        fraud: calibrated probabilities of fraud.
        anomaly: percentiles against the training scores.
        columns: the declared columns of the rules, and customer_id, merchant_id, occurred_at; each
            [n].
        policy: thresholds and lists.
        conditions: the policy's rules, parsed.
    """
    rows = len(fraud.values)
    hits = _rule_hits(columns, policy, conditions, rows)
    is_degraded = ~(fraud.is_ok & anomaly.is_ok)

    fraud_level = _level(fraud.values, policy.fraud.review, policy.fraud.decline)
    anomaly_level = _level(anomaly.values, policy.fraud.anomaly_review, None)
    rule_level = _strictest(hits, [Outcome.of(rule.outcome) for rule, _ in conditions])
    knock_out_level = _strictest(
        hits, [Outcome.of(r.outcome) if r.is_knock_out else Outcome.APPROVE for r, _ in conditions]
    )

    outcome = np.maximum.reduce([fraud_level, anomaly_level, rule_level])
    allowed = _listed(columns, policy.allow_list, rows)
    outcome = np.where(allowed, knock_out_level, outcome)
    outcome = np.where(is_degraded, np.maximum(outcome, Outcome.REVIEW), outcome).astype(np.int8)
    return Decisions(
        outcome,
        is_degraded,
        fraud_level,
        anomaly_level,
        hits,
        tuple(rule for rule, _ in conditions),
    )


def _level(values: NDArray[np.float64], review: float, decline: float | None) -> Levels:
    """Place scores between the cut-offs; NaN compares false and stays at approve."""
    level = np.where(values >= review, Outcome.REVIEW, Outcome.APPROVE)
    if decline is not None:
        level = np.where(values >= decline, Outcome.DECLINE, level)
    return level.astype(np.int8)


def _strictest(hits: Mask, levels: Sequence[Outcome]) -> Levels:
    if not levels:
        return np.zeros(len(hits), dtype=np.int8)
    return np.asarray((hits * np.array(levels, dtype=np.int8)).max(axis=1), dtype=np.int8)


def _rule_hits(
    columns: Mapping[str, pa.Array],
    policy: Policy,
    conditions: Sequence[tuple[Rule, Condition]],
    rows: int,
) -> Mask:
    hits = np.zeros((rows, len(conditions)), dtype=bool)
    for i, (rule, condition) in enumerate(conditions):
        hit = condition.hits(columns, rows).to_numpy(zero_copy_only=False)
        silenced = [entry for entry in policy.suppressions if entry.rule_id == rule.rule_id]
        hits[:, i] = hit & ~_listed(columns, silenced, rows)
    return hits


def _listed(columns: Mapping[str, pa.Array], listings: Sequence[Listing], rows: int) -> Mask:
    """Return where a row's customer or merchant stands on a list that is in force at its time."""
    listed = np.zeros(rows, dtype=bool)
    for key in ("customer_id", "merchant_id"):
        # of two entries for one subject the longer one counts
        until = {
            subject: entry.until
            for entry in sorted(listings, key=lambda entry: entry.until)
            if (subject := getattr(entry, key)) is not None
        }
        if not until:
            continue
        found = pc.index_in(columns[key], value_set=pa.array(until.keys(), pa.string()))
        ends = pa.array(until.values(), pa.timestamp("us", tz="UTC")).take(found)
        in_force = pc.fill_null(pc.less(columns["occurred_at"], ends), fill_value=False)
        listed |= in_force.to_numpy(zero_copy_only=False)
    return listed
