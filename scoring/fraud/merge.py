"""Merges model scores, rules and lists into one outcome per row. Pure: columns in, columns out.

Order: knock-out > allow-list in force > the stricter of fraud, anomaly and rules. A degraded row
is a review or stricter, whatever a list says. Each row is decided from itself and the policy
alone; rows are never ranked against each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.platform.arrays import Columns, Flags, Levels
from scoring.decision import hits, overrides
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Outcome
from scoring.decision.policy.policy import Conditions, Policy, Rule

MOMENT = "occurred_at"  # listings must be in force at the time of the transaction


@dataclass(frozen=True, slots=True)
class Decisions:
    """Outcomes of n rows, and their causes for the reasons."""

    outcome: Levels
    is_degraded: Flags
    fraud_level: Levels
    anomaly_level: Levels
    rule_hits: Flags  # [n, rules], without suppressed hits
    rules: tuple[Rule, ...]
    overrides: pa.Array  # [n], the reason of an exception that changed the outcome; null: none

    def take(self, rows: NDArray[np.intp]) -> Decisions:
        """Return the decisions of some rows."""
        return Decisions(
            outcome=self.outcome[rows],
            is_degraded=self.is_degraded[rows],
            fraud_level=self.fraud_level[rows],
            anomaly_level=self.anomaly_level[rows],
            rule_hits=self.rule_hits[rows],
            rules=self.rules,
            overrides=self.overrides.take(pa.array(rows)),
        )

    def rule_hits_text(self) -> pa.Array:
        """Return the hits as Postgres array text, such as `{burst,card_testing}`."""
        return hits.text_of(self.rule_hits, self.rules)


def decide(
    fraud: ComponentScores,
    anomaly: ComponentScores,
    columns: Columns,
    policy: Policy,
    conditions: Conditions,
) -> Decisions:
    """Decide n rows.

    Args:
        fraud: calibrated probabilities of fraud.
        anomaly: percentiles of the training scores.
        columns: the declared columns of the rules, and customer_id, merchant_id, occurred_at; each
            [n].
        policy: thresholds and lists.
        conditions: the policy's rules, parsed.
    """
    rows = len(fraud.values)
    rule_hits = hits.find(columns, MOMENT, policy, conditions, rows)
    is_degraded = ~(fraud.is_ok & anomaly.is_ok)

    fraud_level = hits.level_of(fraud.values, policy.fraud.review, policy.fraud.decline)
    anomaly_level = hits.level_of(anomaly.values, policy.fraud.anomaly_review, None)

    floor = np.where(is_degraded, Outcome.REVIEW, Outcome.APPROVE)
    stricter = np.maximum.reduce([fraud_level, anomaly_level, rule_hits.level, floor])
    allowed = hits.listed(columns, MOMENT, policy.allow_list, rows)
    lowered = np.maximum(rule_hits.knock_out_level, floor)
    outcome = np.where(allowed.mask, lowered, stricter).astype(np.int8)
    return Decisions(
        outcome=outcome,
        is_degraded=is_degraded,
        fraud_level=fraud_level,
        anomaly_level=anomaly_level,
        rule_hits=rule_hits.mask,
        rules=rule_hits.rules,
        overrides=overrides.reasons_of(outcome, stricter, allowed, rule_hits),
    )
