"""Computes the recommended limit: the largest amount within two bounds. Pure: integers in and out.

Both bounds are linear in the amount, so the largest amount is a division and not a search. The
first bounds the expected loss in money: PD x LGD x EAD(amount, term) <= the budget of the grade.
The second is affordability: existing instalments + annuity(amount, term) <= cap x monthly income.
The probability of default is that of the request. It is not computed again for another amount.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Floats, Integers
from scoring.credit.annuity import MONTHS, exposure_share, payment_share
from scoring.decision.outcome import Binding, Outcome
from scoring.decision.policy.credit import CreditPolicy

# the value of a bound that does not bind; every integer up to it is exact as a float
UNBOUNDED = float(2**53)


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests and finances of n applicants; amounts in minor units of one currency.

    Attributes:
        amount_minor: [n], above 0.
        term_months: [n], above 0.
        annual_income_minor: [n]; NaN if unknown.
        debt_to_income: [n], monthly debt instalments over monthly income; NaN if unknown.
        default_probability: [n], of the request; NaN without a score.
    """

    amount_minor: Integers
    term_months: Floats
    annual_income_minor: Floats
    debt_to_income: Floats
    default_probability: Floats


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of n requests: 0 or at least the product's minimum, never above the request.

    Attributes:
        limit_minor: [n]; also 0 without a probability of default.
        binding: [n] of `Binding`.
        grade: [n], position in the policy's grade table; the last without a probability.
    """

    limit_minor: Integers
    binding: NDArray[np.int8]
    grade: NDArray[np.intp]

    @property
    def level(self) -> NDArray[np.int8]:
        """The outcome of the limit: a limit of 0 declines, and unknown finances need a review."""
        nothing = np.where(self.limit_minor == 0, Outcome.DECLINE, Outcome.APPROVE)
        is_unknown = self.binding == Binding.AFFORDABILITY_UNKNOWN
        return np.where(is_unknown, Outcome.REVIEW, nothing).astype(np.int8)

    def is_below(self, requests: Requests) -> NDArray[np.bool_]:
        """Return whether the limit is below the request: [n]."""
        return self.limit_minor < requests.amount_minor


def recommend(requests: Requests, policy: CreditPolicy) -> Limits:
    """Return the recommended limits of n requests."""
    probability = requests.default_probability
    grade = grade_of(probability, policy)
    affordable = _affordable(requests, policy)
    bearable = _bearable(requests, grade, policy)
    bound = np.fmin(affordable, bearable)  # an unknown value does not bind here, but see below
    is_whole = bound >= requests.amount_minor
    step = policy.limit.step_minor
    limit = np.where(is_whole, requests.amount_minor, (bound // step * step).astype(np.int64))
    is_unknown = np.isnan(affordable)
    limit = np.where(is_unknown | np.isnan(probability), 0, limit)
    limit = np.where(limit < policy.limit.minimum_minor, 0, limit)
    binding = np.select(
        [
            requests.amount_minor < policy.limit.minimum_minor,
            is_unknown,
            is_whole,
            affordable <= bearable,
        ],
        [Binding.MINIMUM, Binding.AFFORDABILITY_UNKNOWN, Binding.REQUEST, Binding.AFFORDABILITY],
        Binding.EXPECTED_LOSS,
    )
    return Limits(limit.astype(np.int64), binding.astype(np.int8), grade)


def grade_of(probability: Floats, policy: CreditPolicy) -> NDArray[np.intp]:
    """Return the position of each probability in the grade table; the last for NaN."""
    bounds = np.array([grade.below for grade in policy.grades])
    return np.minimum(np.searchsorted(bounds, probability, side="right"), len(bounds) - 1)


def _affordable(requests: Requests, policy: CreditPolicy) -> Floats:
    """Return the largest amount with affordable instalments: [n], NaN if unknown."""
    free_share = policy.limit.debt_service_cap - requests.debt_to_income
    monthly = free_share * requests.annual_income_minor / MONTHS
    amount = monthly / payment_share(requests.term_months, policy.limit.annual_rate)
    return np.clip(amount, 0.0, UNBOUNDED)


def _bearable(requests: Requests, grade: NDArray[np.intp], policy: CreditPolicy) -> Floats:
    """Return the largest amount with an expected loss within its grade's budget: [n]."""
    budgets = np.array([grade.loss_budget_minor for grade in policy.grades], dtype=np.float64)
    loss_per_unit = (
        requests.default_probability
        * policy.costs.loss_given_default
        * exposure_share(requests.term_months, policy.limit.annual_rate)
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        amount = np.where(loss_per_unit > 0, budgets[grade] / loss_per_unit, UNBOUNDED)
    return np.clip(amount, 0.0, UNBOUNDED)
