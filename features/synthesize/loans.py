"""Draw loan applications and their outcomes, day by day, with a random key per day."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from features.synthesize.applicants import Applicants
from features.synthesize.calendar import DAY_MS, epoch_ms
from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64, Stream, generator, pick

PURPOSES = (
    "debt_consolidation", "credit_card", "home_improvement", "major_purchase", "car",
    "small_business", "medical", "other",
)  # fmt: skip
TERMS = np.array([12, 24, 36])
CHARGE_OFF_DAYS = 150
_PURPOSE_SHARES = np.array([0.46, 0.14, 0.09, 0.06, 0.05, 0.05, 0.03, 0.12])
_RISK_OF_PURPOSE = np.array([0.0, -0.2, -0.1, -0.1, -0.2, 0.7, 0.1, 0.1])
_TERM_SHARES = np.array([0.30, 0.30, 0.40])
_WITHDRAWN = 0.08  # never granted, so they have no outcome
_PREPAID = 0.35
_MONTH_MS = int(30.4375 * DAY_MS)
# one loan in seven fails; bureau data explains a part of the risk
_BASE_LOG_ODDS = -2.1


@dataclass(frozen=True, slots=True)
class Loans:
    """Equally long arrays, one entry per application.

    Args:
        index: index within its UTC day; index and instant form the id.
        at: time of the application, epoch milliseconds.
        customer: number of the applicant.
        amount: in whole dollars.
        term: in months.
        purpose: index into `PURPOSES`.
        inquiries: credit inquiries of six months.
        is_granted: whether the loan was granted.
        is_default: whether the loan is charged off in the end.
        last_payment: epoch milliseconds.
    """

    index: I64
    at: I64
    customer: I64
    amount: I64
    term: I64
    purpose: I64
    inquiries: I64
    is_granted: NDArray[np.bool_]
    is_default: NDArray[np.bool_]
    last_payment: I64

    def __len__(self) -> int:
        return len(self.at)

    @property
    def known_at(self) -> I64:
        """When the outcome is known; a charge-off is known long after the last payment."""
        known_at: I64 = self.last_payment + DAY_MS * np.where(self.is_default, CHARGE_OFF_DAYS, 1)
        return known_at

    def take(self, which: NDArray[np.bool_]) -> Loans:
        """Return the loans of a mask."""
        return Loans(*(getattr(self, field.name)[which] for field in fields(self)))


def within(
    plan: Plan, applicants: Applicants, window: tuple[datetime, datetime], per_day: float
) -> Loans:
    """Return the applications of [start, end), ordered by time."""
    first, end = (epoch_ms(bound) for bound in window)
    last_day = -(-end // DAY_MS) if per_day else first // DAY_MS + 1
    days = [_of_day(plan, applicants, day, per_day) for day in range(first // DAY_MS, last_day)]
    loans = Loans(
        *(np.concatenate([getattr(day, field.name) for day in days]) for field in fields(Loans))
    )
    return loans.take((loans.at >= first) & (loans.at < end))


def _of_day(plan: Plan, applicants: Applicants, day: int, expected: float) -> Loans:
    rng = generator(plan.seed, Stream.APPLICATIONS, day)
    count = int(rng.poisson(expected))
    customer = rng.integers(0, plan.customers, count)
    income = applicants.income[customer]
    wish = np.exp(np.log(0.15 * income) + 0.55 * rng.standard_normal(count))
    amount = (np.clip(wish, 500, 40_000) // 25 * 25).astype(np.int64)
    term = TERMS[pick(np.cumsum(_TERM_SHARES), rng.random(count))]
    purpose = pick(np.cumsum(_PURPOSE_SHARES), rng.random(count))
    inquiries = rng.poisson(np.exp(-0.1 - 0.3 * applicants.prudence[customer]))
    at = np.sort(day * DAY_MS + rng.integers(0, DAY_MS, count))
    log_odds = _log_odds(applicants, customer, amount, term, purpose, inquiries)
    unseen = 0.3 * rng.standard_normal(count)
    is_default = rng.random(count) < 1 / (1 + np.exp(-(log_odds + unseen)))
    share = rng.random(count)
    ends_early = is_default | (rng.random(count) < _PREPAID)
    months = np.where(ends_early, np.floor(share * term), term).astype(np.int64)
    return Loans(
        index=np.arange(count, dtype=np.int64),
        at=at,
        customer=customer,
        amount=amount,
        term=term,
        purpose=purpose,
        inquiries=inquiries,
        is_granted=rng.random(count) >= _WITHDRAWN,
        is_default=is_default,
        last_payment=at // DAY_MS * DAY_MS + np.maximum(months, 1) * _MONTH_MS // DAY_MS * DAY_MS,
    )


def _log_odds(
    applicants: Applicants,
    customer: I64,
    amount: I64,
    term: I64,
    purpose: I64,
    inquiries: I64,
) -> F64:
    """Return the part of the log-odds of a charge-off that the application explains."""
    log_odds: F64 = (
        _BASE_LOG_ODDS
        - 0.014 * (applicants.fico[customer] - 700)
        + 0.0006 * (applicants.utilisation[customer] - 480)
        + 0.003 * (applicants.debt_to_income[customer] - 140)
        + 2.0 * (amount / applicants.income[customer] - 0.17)
        + 0.030 * (term - 24)
        + 0.25 * applicants.delinquencies[customer]
        + 0.40 * applicants.public_records[customer]
        + 0.15 * (inquiries - 1)
        + _RISK_OF_PURPOSE[purpose]
    )
    return log_odds
