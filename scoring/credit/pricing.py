"""Price the decisions on applications with the policy's loss and margin."""

from __future__ import annotations

from features.platform.arrays import FloatColumns
from scoring.credit.annuity import exposure_share
from scoring.credit.observation import OBSERVATION
from scoring.decision import thresholds
from scoring.decision.policy.policy import Policy
from scoring.decision.policy.review import ReviewTeam
from scoring.decision.pricing import Pricing
from scoring.decision.thresholds import Costs


def _cut_offs(policy: Policy) -> tuple[float, float]:
    part = policy.require_credit()
    return part.review, part.decline


def _costs(columns: FloatColumns, policy: Policy, team: ReviewTeam) -> Costs:
    part = policy.require_credit()
    exposure = exposure_share(columns["term_months"], part.limit.annual_rate)
    amount = columns["amount_minor"]
    loss = part.costs.loss_given_default * exposure * amount
    gain = part.costs.margin * amount
    return thresholds.of_applications(columns["probability"], loss, gain, team)


PRICING = Pricing(
    probability="default_probability",
    amount="requested_amount_base_minor",
    cut_offs=_cut_offs,
    costs=_costs,
    capacity=lambda team: team.applications_per_day,
    minutes=lambda team: team.application_minutes,
    observation=OBSERVATION,
    term="pd_horizon_months",
)
