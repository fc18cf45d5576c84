"""Declares the features of a loan application, in the order of a model's matrix.

A new feature needs an expression in dbt's `feat_applications`, a column in its YAML, and a line
here. No feature is a prohibited basis of a decision, and none is known only after the application.
"""

from __future__ import annotations

from collections.abc import Iterator

from features.views.declarations import (
    Feature,
    Kind,
    amount,
    category,
    count,
    number,
    ratio,
)

#: The yearly rate of the payment in `payment_to_income`: a constant of this view, also in dbt's
#: `monthly_payment`. No feature reads a policy, because feature rows are append-only; the rate of a
#: policy serves its limits alone. Another rate here is a new version of the view.
PAYMENT_ANNUAL_RATE = 0.12

PURPOSE_GROUPS = (
    "debt_consolidation",
    "credit_card",
    "home",
    "purchase",
    "personal",
    "small_business",
    "other",
)
HOME_OWNERSHIP_GROUPS = ("own", "mortgage", "rent", "other")
LAST_OUTCOMES = ("none", "good", "bad", "open")


def application_features() -> Iterator[Feature]:
    """Yield every feature of the applications view."""
    yield from _request()
    yield from _income()
    yield from _bureau()
    yield from _accounts()
    yield from _groups()
    yield from _applicant()


def _request() -> Iterator[Feature]:
    yield amount(
        "requested_amount", "requested amount",
        "Requested amount", "The amount that you asked for",
    )  # fmt: skip
    yield count("term_months", "term", "Term in months", "The term of the loan", monotone=1)


def _income() -> Iterator[Feature]:
    yield ratio(
        "loan_to_income", "loan to income", "Requested amount over annual income",
        "The amount is high for your income", monotone=1,
    )  # fmt: skip
    yield ratio(
        "payment_to_income", "payment to income",
        "Monthly payment at the policy's rate over monthly income",
        "The monthly payment is high for your income", monotone=1,
    )  # fmt: skip
    yield ratio(
        "debt_to_income", "debt to income", "Monthly debt payments over monthly income",
        "Your debts are high for your income", monotone=1,
    )  # fmt: skip
    yield amount(
        "annual_income", "income", "Annual income", "Your income", monotone=-1,
    )  # fmt: skip
    yield number(
        "employment_years", "employment", "Years in employment, 10 for more",
        "The length of your employment", 0, 10,
    )  # fmt: skip


def _bureau() -> Iterator[Feature]:
    yield number(
        "fico_mid", "credit score", "Middle of the FICO range", "Your credit score",
        300, 850, monotone=-1,
    )  # fmt: skip
    yield number(
        "credit_age_years", "length of credit history", "Years since the first credit line",
        "The length of your credit history", 0, None, monotone=-1,
    )  # fmt: skip
    yield ratio(
        "revolving_utilisation", "use of revolving credit",
        "Revolving balance over revolving limits", "The use of your revolving credit", monotone=1,
    )  # fmt: skip
    yield count(
        "inquiry_count_6m", "credit inquiries", "Credit inquiries in 6 months",
        "The number of recent credit inquiries", required=False, monotone=1,
    )  # fmt: skip
    yield count(
        "delinquency_count_2y", "late payments", "Delinquencies in 2 years",
        "Late payments on other credit", required=False, monotone=1,
    )  # fmt: skip
    yield count(
        "public_record_count", "public records", "Derogatory public records",
        "Public records of unpaid obligations", required=False, monotone=1,
    )  # fmt: skip


def _accounts() -> Iterator[Feature]:
    yield count(
        "open_account_count", "number of accounts", "Open credit lines",
        "The number of your credit accounts", required=False,
    )  # fmt: skip
    yield count(
        "total_account_count", "number of accounts", "Credit lines, closed ones included",
        "The number of your credit accounts", required=False,
    )  # fmt: skip
    yield amount(
        "revolving_balance", "revolving balance",
        "Balance of revolving credit", "The balance of your revolving credit",
    )  # fmt: skip
    yield count(
        "months_since_delinquency", "late payments", "Months since the last delinquency",
        "A recent late payment on other credit", required=False,
    )  # fmt: skip


def _groups() -> Iterator[Feature]:
    yield category(
        "purpose_group", "purpose", "Purpose of the loan",
        "The purpose of the loan", *PURPOSE_GROUPS,
    )  # fmt: skip
    yield category(
        "home_ownership_group", "home ownership", "Home ownership",
        "Your housing situation", *HOME_OWNERSHIP_GROUPS,
    )  # fmt: skip


def _applicant() -> Iterator[Feature]:
    yield count(
        "applicant_application_count", "earlier applications", "Earlier applications",
        "The number of your earlier applications",
    )  # fmt: skip
    yield category(
        "applicant_last_outcome", "earlier loans", "Outcome of the last earlier loan",
        "How you repaid an earlier loan", *LAST_OUTCOMES, required=True, uses_labels=True,
    )  # fmt: skip
    for days in (30, 90):
        yield amount(
            f"customer_spend_sum_{days}d", "spending",
            f"Sum spent by card in the {days} days before", "Your recent card spending",
        )  # fmt: skip
    yield ratio(
        "customer_spend_trend", "change of spending",
        "Daily card spending of 30 days over that of 90", "A change of your card spending",
    )  # fmt: skip
    yield Feature(
        name="customer_fraud_confirmed_count", kind=Kind.COUNT, characteristic="confirmed frauds",
        analyst_text="Confirmed frauds among the customer's card transactions",
        applicant_text="Confirmed fraud on your account", minimum=0, required=True,
        uses_labels=True,
    )  # fmt: skip
