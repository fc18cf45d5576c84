"""Compares the cost of the decisions of two models, each with its cheapest cut-off per row. Pure.

The difference is a share of the loss if every row were approved, so it has the same scale for both
models: the difference of their savings (Correa Bahnsen et al. 2013). Money is heavy-tailed, so the
test caps amounts at a quantile; decisions are made by the amounts as they are.
"""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Flags, Floats
from scoring.models.compared import Compared
from scoring.models.gate_plan import GatePlan
from scoring.promotion import bootstrap, clusters
from scoring.promotion.verdicts import Estimate, Role, TestResult, of_difference

CAPPED, RAW = "expected_cost", "expected_cost_raw"


def check(rows: Compared, plan: GatePlan, weight: Floats | None) -> TestResult:
    """Return the check of the cost with capped amounts.

    Args:
        rows: of both models.
        plan: costs, cap, margin and level.
        weight: [n]; None weighs all rows alike.
    """
    cap = float(np.quantile(rows.amount, plan.expected_cost.winsorise))
    return of_difference(
        CAPPED,
        Role.NON_INFERIORITY,
        difference(rows, plan, weight, np.minimum(rows.amount, cap)),
        plan.expected_cost.margin,
        plan.primary.alpha,
        f"savings as a share of the loss if every row were approved; amounts capped at {cap:,.2f}",
    )


def as_it_is(rows: Compared, plan: GatePlan, weight: Floats | None) -> TestResult:
    """Return the same with the amounts as they are, for information."""
    return of_difference(
        RAW,
        Role.INFORMATION,
        difference(rows, plan, weight, rows.amount),
        plan.expected_cost.margin,
        plan.primary.alpha,
        "the same with the amounts as they are",
    )


def difference(rows: Compared, plan: GatePlan, weight: Floats | None, amount: Floats) -> Estimate:
    """Return the saving of the challenger over the champion, with bounds.

    Args:
        rows: of both models.
        plan: costs and level.
        weight: [n]; None weighs all rows alike.
        amount: [n] the amounts that count.
    """
    costs = plan.expected_cost
    weights = np.ones(len(rows)) if weight is None else weight
    lost = weights * costs.loss_share * amount
    forgone = weights * (costs.friction + costs.forgone_share * amount)
    by_champion, by_challenger = (
        np.where(declined(score, rows.amount, plan), ~rows.is_event * forgone, rows.is_event * lost)
        for score in (rows.champion, rows.challenger)
    )
    saved = clusters.sums(by_champion - by_challenger, rows.cluster)
    at_stake = clusters.sums(rows.is_event * lost, rows.cluster)
    # a customer without loss or difference changes no draw
    counts = (saved != 0) | (at_stake != 0)
    if not counts.any():
        return Estimate.normal(float("nan"), float("nan"), plan.primary.alpha)
    return bootstrap.ratio(saved[counts], at_stake[counts], plan.bootstrap, plan.primary.alpha)


def declined(probability: Floats, amount: Floats, plan: GatePlan) -> Flags:
    """Return the rows that are cheaper to decline than to approve, by a model's probability."""
    costs = plan.expected_cost
    forgone = costs.friction + costs.forgone_share * amount
    is_declined: Flags = probability * costs.loss_share * amount > (1 - probability) * forgone
    return is_declined
