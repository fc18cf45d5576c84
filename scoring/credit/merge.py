"""Merges credit, limit, fraud state, rules and lists into one outcome per application. Pure.

Order: knock-out > allow-list in force > the stricter of credit, fraud state and rules. A list
changes two facts in no case: a limit of 0 declines, and a row without a probability is a review or
stricter. Each row is decided from itself and the policy alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.platform.arrays import Columns, Flags, Levels
from scoring.decision import hits, overrides
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import FraudState, Outcome
from scoring.decision.policy.credit import CreditPolicy
from scoring.decision.policy.policy import Conditions, Policy, Rule

MOMENT = "applied_at"  # listings must be in force at the time of the application
STATES = tuple(FraudState)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The decided and labelled card transactions before n applications, per applicant; each [n].

    Attributes:
        decision_count: transactions with a decision.
        review_count: live reviews among them.
        decline_count: live declines among them.
        confirmed_count: transactions with a fraud label.
    """

    decision_count: NDArray[np.int64]
    review_count: NDArray[np.int64]
    decline_count: NDArray[np.int64]
    confirmed_count: NDArray[np.int64]

    def state(self, policy: CreditPolicy) -> NDArray[np.intp]:
        """Return the fraud state: [n], positions in `STATES`."""
        has_any = (self.decision_count > 0) | (self.confirmed_count > 0)
        is_suspected = self.review_count >= policy.fraud_state.suspected_review_count
        place = np.select(
            [self.confirmed_count > 0, self.decline_count > 0, is_suspected, has_any],
            [
                STATES.index(FraudState.CONFIRMED),
                STATES.index(FraudState.DECLINED),
                STATES.index(FraudState.SUSPECTED),
                STATES.index(FraudState.CLEAR),
            ],
            STATES.index(FraudState.NO_HISTORY),
        )
        return place.astype(np.intp)


@dataclass(frozen=True, slots=True)
class Facts:
    """The inputs of the merge for n applications.

    Attributes:
        credit: calibrated probabilities of default.
        limit_level: the outcomes of the recommended limits; ignored without a probability.
        evidence: the applicants' card transactions.
    """

    credit: ComponentScores
    limit_level: Levels
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ApplicationDecisions:
    """Outcomes of n applications, and their causes for the reasons."""

    outcome: Levels
    is_degraded: Flags
    is_overridden: Flags  # an allow-list lowered the outcome
    credit_level: Levels
    limit_level: Levels
    fraud_level: Levels
    fraud_state: NDArray[np.intp]  # positions in `STATES`
    rule_hits: Flags  # [n, rules], without suppressed hits
    rules: tuple[Rule, ...]
    overrides: pa.Array  # [n], the reason of an exception that changed the outcome; null: none

    def take(self, rows: NDArray[np.intp]) -> ApplicationDecisions:
        """Return the decisions of some rows."""
        return ApplicationDecisions(
            outcome=self.outcome[rows],
            is_degraded=self.is_degraded[rows],
            is_overridden=self.is_overridden[rows],
            credit_level=self.credit_level[rows],
            limit_level=self.limit_level[rows],
            fraud_level=self.fraud_level[rows],
            fraud_state=self.fraud_state[rows],
            rule_hits=self.rule_hits[rows],
            rules=self.rules,
            overrides=self.overrides.take(pa.array(rows)),
        )


def decide(
    facts: Facts, columns: Columns, policy: Policy, conditions: Conditions
) -> ApplicationDecisions:
    """Decide n applications.

    Args:
        facts: scores, limit levels and card transactions of the rows.
        columns: the declared columns of the rules, and customer_id and applied_at; each [n].
        policy: its credit part and its lists apply.
        conditions: the credit part's rules, parsed.

    Raises:
        ConfigurationError: the policy has no credit part.
    """
    part = policy.require_credit()
    credit = facts.credit
    rows = len(credit.values)
    rule_hits = hits.find(columns, MOMENT, policy, conditions, rows)
    is_degraded = ~credit.is_ok
    credit_level = hits.level_of(credit.values, part.review, part.decline)
    limit_level = np.where(is_degraded, Outcome.APPROVE, facts.limit_level).astype(np.int8)
    state = facts.evidence.state(part)
    level_by_state = [Outcome.of(part.fraud_state.outcomes[word]) for word in STATES]
    fraud_level = np.array(level_by_state, dtype=np.int8)[state]

    stricter = np.maximum.reduce([credit_level, fraud_level, rule_hits.level])
    allowed = hits.listed(columns, MOMENT, policy.allow_list, rows)
    lowered = np.where(allowed.mask, rule_hits.knock_out_level, stricter)
    floor = np.where(is_degraded, Outcome.REVIEW, limit_level)
    outcome = np.maximum(lowered, floor).astype(np.int8)
    without_list = np.maximum(stricter, floor)
    return ApplicationDecisions(
        outcome=outcome,
        is_degraded=is_degraded,
        is_overridden=outcome < without_list,
        credit_level=credit_level,
        limit_level=limit_level,
        fraud_level=fraud_level,
        fraud_state=state,
        rule_hits=rule_hits.mask,
        rules=rule_hits.rules,
        overrides=overrides.reasons_of(outcome, without_list, allowed, rule_hits),
    )
