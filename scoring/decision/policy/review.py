"""What reviews cost and find, and what a wrong answer on a payment costs.

Nothing here decides a row: `thresholds` derives cut-offs from it, offline, for people to put into
the next policy.
"""

from __future__ import annotations

from pydantic import Field

from scoring.decision.policy.part import PolicyPart, WholeNumber


class FraudCosts(PolicyPart):
    """What a wrong answer on a payment costs."""

    loss_share: float = Field(gt=0, le=1)  # of the amount of a fraud that is not charged back
    friction_minor: WholeNumber = Field(gt=0)  # an honest customer whose payment is declined
    friction_share: float = Field(ge=0, lt=1)  # of the amount, on top of it


class ReviewTeam(PolicyPart):
    """The people who review: their cost, their eye, and their hours."""

    cost_minor: WholeNumber = Field(gt=0)  # of one review, in minor units of the base currency
    application_cost_minor: WholeNumber = Field(gt=0)  # of one review of an application
    sensitivity: float = Field(gt=0, le=1)  # share of bad cases that a review declines
    specificity: float = Field(gt=0, le=1)  # share of good cases that a review approves
    transactions_per_day: WholeNumber = Field(gt=0)  # capacity
    applications_per_day: WholeNumber = Field(gt=0)
