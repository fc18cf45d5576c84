"""Draw each customer's credit bureau data and protected attributes, once per customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize.customers import Customers
from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64, Stream, generator, pick

HOMES = ("MORTGAGE", "RENT", "OWN", "OTHER")
SEXES = ("female", "male")
MARITAL_STATES = ("single", "married", "divorced", "widowed")
NATIONALITIES = ("US", "MX", "CA", "IN", "DE", "PH")
_HOME_SHARES = np.array([0.44, 0.43, 0.11, 0.02])
_MARITAL_SHARES = np.array([0.35, 0.48, 0.13, 0.04])
_NATIONALITY_SHARES = np.array([0.82, 0.07, 0.03, 0.03, 0.02, 0.03])


@dataclass(frozen=True, slots=True)
class Applicants:
    """One entry per customer.

    Args:
        prudence: standard normal; it is in no feed, but it influences other attributes.
        income: yearly, in whole dollars.
        employment: years; 11 means no employment.
        home: index into `HOMES`.
        fico: lower end of a range of five points.
        utilisation: of revolving credit, in tenths of a percent.
        debt_to_income: in tenths of a percent.
        delinquencies: number in two years.
        public_records: number of derogatory records.
        open_accounts: number of credit lines in use.
        total_accounts: number of credit lines ever.
        balance: of revolving credit, in whole dollars.
        credit_since: days since 1970 of the first credit line.
        born: days since 1970 of birth.
        sex, marital_state, nationality: indexes; no model and no policy reads them.
    """

    prudence: F64
    income: I64
    employment: I64
    home: I64
    fico: I64
    utilisation: I64
    debt_to_income: I64
    delinquencies: I64
    public_records: I64
    open_accounts: I64
    total_accounts: I64
    balance: I64
    credit_since: I64
    born: I64
    sex: I64
    marital_state: I64
    nationality: I64


def build(plan: Plan, customers: Customers) -> Applicants:
    """Draw the attributes of all customers; income correlates with spending by card."""
    rng = generator(plan.seed, Stream.APPLICANTS)
    count = plan.customers
    prudence = rng.standard_normal(count)
    income = np.exp(10.9 + 0.35 * customers.level + 0.40 * rng.standard_normal(count))
    utilisation = np.clip(480 - 160 * prudence + 200 * rng.standard_normal(count), 0, 1200)
    opened = 1 + rng.poisson(8, count)
    credit_years = 3 + 30 * rng.beta(2, 3, count)
    first_day = int(plan.credit_start.timestamp() // 86_400)
    credit_since = first_day - (365.25 * credit_years).astype(np.int64)
    return Applicants(
        prudence=prudence,
        income=(np.rint(income / 100) * 100).astype(np.int64),
        employment=rng.integers(0, 12, count),
        home=pick(np.cumsum(_HOME_SHARES), rng.random(count)),
        fico=_fico(prudence, rng.standard_normal(count)),
        utilisation=np.rint(utilisation).astype(np.int64),
        debt_to_income=_debts(prudence, rng.standard_normal(count)),
        delinquencies=rng.poisson(np.exp(-2.0 - 0.6 * prudence)),
        public_records=rng.poisson(np.exp(-3.2 - 0.5 * prudence)),
        open_accounts=opened,
        total_accounts=opened + rng.poisson(12, count),
        balance=np.rint(utilisation / 1000 * income * rng.uniform(0.1, 0.5, count)).astype(
            np.int64
        ),
        credit_since=credit_since,
        born=credit_since - (365.25 * (18 + 12 * rng.beta(1, 3, count))).astype(np.int64),
        sex=rng.integers(0, len(SEXES), count),
        marital_state=pick(np.cumsum(_MARITAL_SHARES), rng.random(count)),
        nationality=pick(np.cumsum(_NATIONALITY_SHARES), rng.random(count)),
    )


def _fico(prudence: F64, noise: F64) -> I64:
    points = np.clip(700 + 34 * prudence + 26 * noise, 580, 840)
    return (points // 5 * 5).astype(np.int64)


def _debts(prudence: F64, noise: F64) -> I64:
    return np.rint(np.clip(140 - 25 * prudence + 65 * noise, 0, 450)).astype(np.int64)
