"""Declares the credit part of a policy: grades, cut-offs, costs, limits and reason codes.

Amounts are minor units of the warehouse's base currency, so no amount is rounded before the
decision. A policy without this part decides no applications.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from scoring.decision.outcome import FraudState
from scoring.decision.policy.part import (
    PolicyPart,
    Rule,
    WholeNumber,
    require_unique_rules,
)

Word = Literal["approve", "review", "decline"]
STRICTNESS: Mapping[str, int] = {"approve": 0, "review": 1, "decline": 2}


class Grade(PolicyPart):
    """One grade of the master scale: the probabilities of default below its bound."""

    grade: str = Field(pattern=r"^[A-Z][0-9]?$")
    below: float = Field(gt=0, le=1)  # the last grade holds 1 itself
    loss_budget_minor: WholeNumber = Field(ge=0)  # expected loss that a loan may carry


class CreditCosts(PolicyPart):
    """Gain and loss of a loan: both derive the cut-offs, and the loss bounds the limits."""

    loss_given_default: float = Field(gt=0, le=1)  # share of the exposure that is not recovered
    margin: float = Field(gt=0, lt=1)  # earned on a loan that is repaid, as a share of its amount


class LimitSettings(PolicyPart):
    """The bounds of a recommended limit."""

    annual_rate: float = Field(ge=0.001, lt=1)  # of the annuity; never of a feature
    step_minor: WholeNumber = Field(gt=0)  # a limit below the request is a multiple of it
    minimum_minor: WholeNumber = Field(gt=0)  # the product's smallest loan
    debt_service_cap: float = Field(gt=0, lt=1)  # of monthly income, with the new instalment

    @model_validator(mode="after")
    def _on_a_step(self) -> Self:
        if self.minimum_minor % self.step_minor:
            raise ValueError("credit.limit.minimum_minor must be a multiple of step_minor")
        return self


class FraudStatePolicy(PolicyPart):
    """The effect of the applicant's earlier card transactions on the decision."""

    look_back_days: int = Field(gt=0, le=366)
    suspected_review_count: WholeNumber = Field(gt=0)  # of live reviews
    outcomes: dict[FraudState, Word]

    @model_validator(mode="after")
    def _graver_is_stricter(self) -> Self:
        if set(self.outcomes) != set(FraudState):
            known = ", ".join(FraudState)
            raise ValueError(f"credit.fraud_state.outcomes must name each of {known}")
        levels = [STRICTNESS[self.outcomes[state]] for state in FraudState]
        if any(graver < lighter for lighter, graver in pairwise(levels)):
            raise ValueError("a graver fraud state cannot have a milder outcome")
        return self


class ConfidenceBands(PolicyPart):
    """Distances in log-odds from a probability to a cut-off, and to the second model's."""

    near: float = Field(gt=0)  # a distance to a cut-off below this gives low confidence
    far: float = Field(gt=0)  # a distance above this, and agreeing models, give high confidence
    agree: float = Field(gt=0)  # the largest difference between models that agree
    disagree: float = Field(gt=0)  # a difference above this gives low confidence

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.near >= self.far or self.agree >= self.disagree:
            raise ValueError("credit.confidence needs near < far and agree < disagree")
        return self


class ReasonCodesPin(PolicyPart):
    """The table of reason codes that this policy uses."""

    version: str = Field(pattern=r"^[0-9A-Za-z.-]{1,40}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class CreditPolicy(PolicyPart):
    """The credit part of a policy version."""

    horizon: Literal["requested_term"]  # the horizon of the probabilities in the grade table
    grades: tuple[Grade, ...] = Field(min_length=1)
    review: float = Field(gt=0, lt=1)  # a probability equal to a cut-off exceeds it
    decline: float = Field(gt=0, lt=1)
    costs: CreditCosts
    limit: LimitSettings
    confidence: ConfidenceBands
    fraud_state: FraudStatePolicy
    reason_codes: ReasonCodesPin
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.review >= self.decline:
            raise ValueError("credit.review must be below credit.decline, or nothing is reviewed")
        bounds = [grade.below for grade in self.grades]
        if bounds != sorted(set(bounds)) or bounds[-1] != 1:
            raise ValueError("credit.grades must rise, from the best to one that ends at 1")
        names = [grade.grade for grade in self.grades]
        if len(names) != len(set(names)):
            raise ValueError("credit.grades names one grade twice")
        budgets = [grade.loss_budget_minor for grade in self.grades]
        if budgets != sorted(budgets, reverse=True):
            raise ValueError("a worse grade cannot have a larger loss_budget_minor")
        require_unique_rules(self.rules)
        return self
