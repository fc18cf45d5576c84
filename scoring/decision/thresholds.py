"""Cost-optimal cut-offs under the review team's capacity. Pure, and never part of a decision.

A calibrated probability prices its own row: each of the three answers has an expected cost, and the
cheapest pair of cut-offs is a choice of two places in the rows sorted by probability. Capacity
belongs here and not into a run, which never ranks its rows against each other to decide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats
from scoring.decision.policy.review import FraudCosts, ReviewTeam

PLACES = 400  # candidates for a cut-off: quantiles of the probabilities, and both ends
NOBODY = 1.0  # a cut-off that no row reaches, unless it is certain


@dataclass(frozen=True, slots=True)
class Costs:
    """Expected costs of each answer in minor units, a gain being a negative cost; each [n]."""

    approve: Floats
    review: Floats
    decline: Floats


@dataclass(frozen=True, slots=True)
class CutOffs:
    """Two cut-offs and what they would have cost."""

    review: float
    decline: float
    cost: float  # minor units, over all rows
    reviews: int


def of_transactions(
    probability: Floats, amount: Floats, costs: FraudCosts, team: ReviewTeam
) -> Costs:
    """Return the cost of each answer to n transactions.

    Args:
        probability: [n], of fraud.
        amount: [n], minor units of the base currency.
        costs: what a wrong answer costs.
        team: what a review costs and finds.
    """
    loss = probability * amount * costs.loss_share
    friction = (1.0 - probability) * (costs.friction_minor + costs.friction_share * amount)
    missed, bothered = 1.0 - team.sensitivity, 1.0 - team.specificity
    return Costs(loss, team.cost_minor + missed * loss + bothered * friction, friction)


def of_applications(probability: Floats, loss: Floats, gain: Floats, team: ReviewTeam) -> Costs:
    """Return what each answer to n applications costs; a decline neither costs nor earns.

    Args:
        probability: [n], of default.
        loss: [n], minor units lost on a loan that defaults.
        gain: [n], minor units earned on a loan that is repaid.
        team: what a review costs and finds.
    """
    bad, good = probability * loss, (1.0 - probability) * gain
    review = team.application_cost_minor + (1.0 - team.sensitivity) * bad - team.specificity * good
    return Costs(bad - good, review, np.zeros(len(probability)))


def at(probability: Floats, costs: Costs, review: float, decline: float) -> CutOffs:
    """Return what two cut-offs would have cost."""
    is_declined = probability >= decline
    is_reviewed = (probability >= review) & ~is_declined
    cost = np.select([is_declined, is_reviewed], [costs.decline, costs.review], costs.approve)
    return CutOffs(review, decline, float(cost.sum()), int(is_reviewed.sum()))


def cheapest(probability: Floats, costs: Costs, max_reviews: int) -> CutOffs:
    """Return the cheapest cut-offs of which the second is not below the first.

    Args:
        probability: [n], at least one.
        costs: of the same rows.
        max_reviews: how many rows people can look at.
    """
    order = np.argsort(probability, kind="stable")
    ranked = probability[order]
    rows = len(ranked)
    places = np.unique(np.linspace(0, rows - 1, min(rows, PLACES)).round().astype(np.intp))
    # equal probabilities cannot be told apart: a cut-off stands before the first of them
    starts = np.unique(np.append(np.searchsorted(ranked, ranked[places], side="left"), rows))
    approve, review, decline = (
        np.append(0.0, np.cumsum(cost[order]))[starts]
        for cost in (costs.approve, costs.review, costs.decline)
    )
    total = (
        approve[:, None] + (review[None, :] - review[:, None]) + (decline[-1] - decline[None, :])
    )
    reviews = starts[None, :] - starts[:, None]
    total = np.where((reviews >= 0) & (reviews <= max_reviews), total, np.inf)
    first, second = np.unravel_index(int(np.argmin(total)), total.shape)
    values = np.append(ranked, NOBODY)[starts]
    return CutOffs(
        float(values[first]),
        float(values[second]),
        float(total[first, second]),
        int(reviews[first, second]),
    )
