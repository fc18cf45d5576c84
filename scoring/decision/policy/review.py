"""Declares the costs and yields of reviews, and the costs of a wrong answer on a transaction.

These values decide no row. `thresholds` derives cut-offs from them offline, and a person puts the
cut-offs into the next policy.
"""

from __future__ import annotations

from pydantic import Field

from scoring.decision.policy.part import PolicyPart, WholeNumber


class FraudCosts(PolicyPart):
    """The costs of a wrong answer on a transaction."""

    loss_share: float = Field(gt=0, le=1)  # of the amount of a fraud that is not charged back
    friction_minor: WholeNumber = Field(gt=0)  # per declined transaction of an honest customer
    friction_share: float = Field(ge=0, lt=1)  # of the amount, on top of it


class ReviewTeam(PolicyPart):
    """The review team: cost, accuracy and capacity."""

    cost_minor: WholeNumber = Field(gt=0)  # of one review, in minor units of the base currency
    application_cost_minor: WholeNumber = Field(gt=0)  # of one review of an application
    sensitivity: float = Field(gt=0, le=1)  # share of bad cases that a review declines
    specificity: float = Field(gt=0, le=1)  # share of good cases that a review approves
    transactions_per_day: WholeNumber = Field(gt=0)  # capacity
    applications_per_day: WholeNumber = Field(gt=0)
    # of a person's time; the defaults are what the costs of the first policies assume
    transaction_minutes: WholeNumber = Field(default=5, gt=0)
    application_minutes: WholeNumber = Field(default=60, gt=0)
