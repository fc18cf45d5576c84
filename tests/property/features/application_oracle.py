"""Define every feature of a loan application in plain Python over plain rows.

The definition takes one application at a time and filters and adds the rows known to its reader. It
shares no code with the SQL, so it can check the SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.integration.point_in_time.books import Book, Key, Row

ANNUAL_RATE = 0.12
PURPOSES = {
    "debt_consolidation": "debt_consolidation",
    "credit_card": "credit_card",
    "small_business": "small_business",
    "home_improvement": "home",
    "house": "home",
    "moving": "home",
    "car": "purchase",
    "major_purchase": "purchase",
    "wedding": "purchase",
    "vacation": "purchase",
    "medical": "personal",
    "educational": "personal",
}
HOMES = {"own", "mortgage", "rent"}


def features_of(book: Book) -> dict[Key, dict[str, Any]]:
    """Return the features of every application version of a book."""
    return {
        (row["application_id"], row["version"]): {
            **_request(row),
            **_bureau(row),
            **_earlier(row, book),
            **_card_behaviour(row, book),
        }
        for row in book.of("applications")
    }


def _request(row: Row) -> dict[str, Any]:
    amount, income = row["requested_amount_minor"], row["annual_income_minor"]
    months, monthly = row["term_months"], ANNUAL_RATE / 12
    payment = amount * monthly / (1 - (1 + monthly) ** -months)
    purpose, home = row["purpose"], row["home_ownership"]
    return {
        "requested_amount": _major(row["requested_amount_base_minor"]),
        "term_months": months,
        "loan_to_income": amount / income if income else None,
        "payment_to_income": payment / (income / 12) if income else None,
        "debt_to_income": _percent(row["debt_to_income_percent"]),
        "annual_income": _major(row["annual_income_base_minor"]),
        "employment_years": row["employment_years"],
        "purpose_group": None if purpose is None else PURPOSES.get(purpose.lower(), "other"),
        "home_ownership_group": (
            None if home is None else home.lower() if home.lower() in HOMES else "other"
        ),
    }


def _bureau(row: Row) -> dict[str, Any]:
    low, high, first = row["fico_low"], row["fico_high"], row["first_credit_date"]
    days = None if first is None else (row["applied_at"].date() - first).days
    same = (
        "inquiry_count_6m",
        "delinquency_count_2y",
        "public_record_count",
        "open_account_count",
        "total_account_count",
        "months_since_delinquency",
    )
    return {
        "fico_mid": None if low is None or high is None else (low + high) / 2,
        "credit_age_years": None if days is None or days < 0 else days / 365.25,
        "revolving_utilisation": _percent(row["revolving_utilisation_percent"]),
        "revolving_balance": _major(row["revolving_balance_base_minor"]),
        **{name: row[name] for name in same},
    }


def _earlier(row: Row, book: Book) -> dict[str, Any]:
    earlier = [
        application
        for application in _known(book.of("applications"), "application_id", row["known_at"])
        if application["application_id"] != row["application_id"]
        and application["customer_id"] == row["customer_id"]
        and application["applied_at"] < row["applied_at"]
    ]
    ends = [
        (application["applied_at"], application["application_id"], outcome["outcome"])
        for application in earlier
        if (
            outcome := _latest_label(
                book.of("outcomes"), "application_id", application, row["applied_at"]
            )
        )
        and outcome["outcome"] in {"charged_off", "fully_paid"}
    ]
    last = "bad" if ends and max(ends)[2] == "charged_off" else "good"
    return {
        "applicant_application_count": len(earlier),
        "applicant_last_outcome": last if ends else "open" if earlier else "none",
    }


def _card_behaviour(row: Row, book: Book) -> dict[str, Any]:
    paid = [
        transaction
        for transaction in _known(book.of("transactions"), "transaction_id", row["known_at"])
        if transaction["customer_id"] == row["customer_id"]
        and transaction["occurred_at"] < row["applied_at"]
    ]
    labels = [
        _latest_label(book.of("labels"), "transaction_id", transaction, row["applied_at"])
        for transaction in paid
    ]
    month, quarter = (_spent(paid, row["applied_at"] - timedelta(days=days)) for days in (30, 90))
    return {
        "customer_spend_sum_30d": _major(month),
        "customer_spend_sum_90d": _major(quarter),
        "customer_spend_trend": ((month or 0) / 30) / (quarter / 90) if quarter else None,
        "customer_fraud_confirmed_count": sum(1 for label in labels if label and label["is_fraud"]),
    }


def _spent(paid: Sequence[Row], since: datetime) -> int | None:
    amounts = [
        transaction["amount_base_minor"]
        for transaction in paid
        if transaction["occurred_at"] >= since
    ]
    priced = [amount for amount in amounts if amount is not None]
    return sum(priced) if priced else None


def _known(rows: Sequence[Row], name: str, known_at: datetime) -> list[Row]:
    """Return the newest version of each entity that was known at a moment."""
    newest: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: row["version"]):
        if row["known_at"] <= known_at:
            newest[row[name]] = row
    return list(newest.values())


def _latest_label(labels: Sequence[Row], name: str, of: Row, by: datetime) -> Row | None:
    """Return the latest known label of an entity.

    Among labels of the same moment, the best rank wins.
    """
    known = [label for label in labels if label[name] == of[name] and label["known_at"] <= by]
    return max(
        known,
        key=lambda label: (
            label["known_at"],
            label["provenance"] == "chargeback",
            label["version"],
        ),
        default=None,
    )


def _major(minor: int | None) -> float | None:
    return None if minor is None else minor / 100


def _percent(value: float | None) -> float | None:
    return None if value is None else value / 100
