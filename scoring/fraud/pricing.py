"""Price the decisions on transactions with the policy's costs of fraud."""

from __future__ import annotations

from features.platform.arrays import FloatColumns
from scoring.decision import thresholds
from scoring.decision.policy.policy import Policy
from scoring.decision.policy.review import ReviewTeam
from scoring.decision.pricing import Pricing, require
from scoring.decision.thresholds import Costs
from scoring.fraud.observation import OBSERVATION


def _cut_offs(policy: Policy) -> tuple[float, float]:
    return policy.fraud.review, policy.fraud.decline


def _costs(columns: FloatColumns, policy: Policy, team: ReviewTeam) -> Costs:
    costs = require(policy.costs, policy, "costs")
    return thresholds.of_transactions(columns["probability"], columns["amount_minor"], costs, team)


PRICING = Pricing(
    probability="fraud_probability",
    amount="amount_base_minor",
    cut_offs=_cut_offs,
    costs=_costs,
    capacity=lambda team: team.transactions_per_day,
    minutes=lambda team: team.transaction_minutes,
    observation=OBSERVATION,
)
