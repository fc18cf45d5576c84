"""Finds cost-optimal cut-offs under the review team's capacity. Pure, never part of a decision.

A calibrated probability gives each of the three answers an expected cost. The cheapest pair of
cut-offs is a choice of two places in the rows sorted by probability. Capacity belongs here and not
in a run, because a run decides each row without regard to the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats
from scoring.decision.policy.review import FraudCosts, ReviewTeam

PLACES = 400  # candidates for a cut-off: quantiles of the probabilities, and both ends
UNREACHABLE = 1.0  # a cut-off that only a probability of 1 reaches


@dataclass(frozen=True, slots=True)
class Costs:
    """Expected costs of each answer in minor units; a gain is a negative cost; each [n]."""

    approve: Floats
    review: Floats
    decline: Floats


@dataclass(frozen=True, slots=True)
class CutOffs:
    """Two cut-offs and their cost on past rows."""

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
        costs: the costs of a wrong answer.
        team: the costs and the accuracy of a review.
    """
    loss = probability * amount * costs.loss_share
    friction = (1.0 - probability) * (costs.friction_minor + costs.friction_share * amount)
    missed, bothered = 1.0 - team.sensitivity, 1.0 - team.specificity
    return Costs(loss, team.cost_minor + missed * loss + bothered * friction, friction)


def of_applications(probability: Floats, loss: Floats, gain: Floats, team: ReviewTeam) -> Costs:
    """Return the cost of each answer to n applications; a decline neither costs nor earns.

    Args:
        probability: [n], of default.
        loss: [n], minor units lost on a loan that defaults.
        gain: [n], minor units earned on a loan that is repaid.
        team: the costs and the accuracy of a review.
    """
    bad, good = probability * loss, (1.0 - probability) * gain
    review = team.application_cost_minor + (1.0 - team.sensitivity) * bad - team.specificity * good
    return Costs(bad - good, review, np.zeros(len(probability)))


def at(probability: Floats, costs: Costs, review: float, decline: float) -> CutOffs:
    """Return the cost of two cut-offs on past rows."""
    is_declined = probability >= decline
    is_reviewed = (probability >= review) & ~is_declined
    cost = np.select([is_declined, is_reviewed], [costs.decline, costs.review], costs.approve)
    return CutOffs(review, decline, float(cost.sum()), int(is_reviewed.sum()))


def cheapest(probability: Floats, costs: Costs, max_reviews: int) -> CutOffs:
    """Return the cheapest cut-offs with `decline` not below `review`.

    Args:
        probability: [n], at least one.
        costs: of the same rows.
        max_reviews: the largest number of reviews.
    """
    order = np.argsort(probability, kind="stable")
    ranked = probability[order]
    rows = len(ranked)
    places = np.unique(np.linspace(0, rows - 1, min(rows, PLACES)).round().astype(np.intp))
    # no cut-off separates equal probabilities, so each cut-off precedes the first of them
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
    values = np.append(ranked, UNREACHABLE)[starts]
    return CutOffs(
        float(values[first]),
        float(values[second]),
        float(total[first, second]),
        int(reviews[first, second]),
    )
