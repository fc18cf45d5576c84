"""Merge credit, limit, fraud state, rules and lists into one outcome per application. Pure.

Order: knock-out > allow-list in force > the stricter of credit, fraud state and rules. Beside that
order stand two facts that no list changes: without a limit there is no loan, and a row without a
probability is a review or stricter. Each row is decided from itself and the policy alone.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Columns, Flags, Levels
from scoring.decision import hits
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import FraudState, Outcome
from scoring.decision.policy.credit import CreditPolicy
from scoring.decision.policy.policy import Conditions, Policy, Rule

MOMENT = "applied_at"  # listings must be in force when the application was made
STATES = tuple(FraudState)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The applicant's card payments before n applications, as far as they were decided; each [n].

    Attributes:
        decision_count: payments with a decision.
        review_count: of those, live reviews.
        decline_count: live declines.
        confirmed_count: payments that a label calls fraud.
    """

    decision_count: NDArray[np.int64]
    review_count: NDArray[np.int64]
    decline_count: NDArray[np.int64]
    confirmed_count: NDArray[np.int64]

    def state(self, policy: CreditPolicy) -> NDArray[np.intp]:
        """Return the fraud state: [n], places in `STATES`."""
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
    """What is known of n applications before they are merged.

    Attributes:
        credit: calibrated probabilities of default.
        limit_level: what the recommended limits ask for; without meaning where there is no
            probability.
        evidence: the applicants' card payments.
    """

    credit: ComponentScores
    limit_level: Levels
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ApplicationDecisions:
    """Outcomes of n applications, and what led to each: the ground for reasons."""

    outcome: Levels
    is_degraded: Flags
    is_overridden: Flags  # an allow-list made it milder
    credit_level: Levels
    limit_level: Levels
    fraud_level: Levels
    fraud_state: NDArray[np.intp]  # places in `STATES`
    rule_hits: Flags  # [n, rules], suppressed hits left out
    rules: tuple[Rule, ...]

    def take(self, rows: NDArray[np.intp]) -> ApplicationDecisions:
        """Return the decisions of some rows."""
        return replace(
            self,
            **{
                field.name: getattr(self, field.name)[rows]
                for field in fields(self)
                if field.name != "rules"
            },
        )


def decide(
    facts: Facts, columns: Columns, policy: Policy, conditions: Conditions
) -> ApplicationDecisions:
    """Decide n applications.

    Args:
        facts: what model, limit and payments say about them.
        columns: the declared columns of the rules, and customer_id and applied_at; each [n].
        policy: its credit part decides, its lists count.
        conditions: the credit part's rules, parsed.

    Raises:
        ConfigurationError: the policy has no credit part.
    """
    part = policy.require_credit()
    credit = facts.credit
    rows = len(credit.values)
    found = hits.find(columns, MOMENT, policy, conditions, rows)
    is_degraded = ~credit.is_ok
    credit_level = hits.level_of(credit.values, part.review, part.decline)
    limit_level = np.where(is_degraded, Outcome.APPROVE, facts.limit_level).astype(np.int8)
    state = facts.evidence.state(part)
    level_by_state = [Outcome.of(part.fraud_state.outcomes[word]) for word in STATES]
    fraud_level = np.array(level_by_state, dtype=np.int8)[state]

    stricter = np.maximum.reduce([credit_level, fraud_level, found.level])
    is_allowed = hits.listed(columns, MOMENT, policy.allow_list, rows)
    lowered = np.where(is_allowed, found.knock_out_level, stricter)
    floor = np.where(is_degraded, Outcome.REVIEW, limit_level)
    outcome = np.maximum(lowered, floor).astype(np.int8)
    return ApplicationDecisions(
        outcome,
        is_degraded,
        outcome < np.maximum(stricter, floor),
        credit_level,
        limit_level,
        fraud_level,
        state,
        found.mask,
        found.rules,
    )
