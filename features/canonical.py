"""The columns of each feed, as the platform calls them: the schema of a source without a mapping.

Beside each canonical name stands whether every row must have a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, get_args

FeedName = Literal[
    "fx_rates",
    "transactions",
    "transaction_labels",
    "applications",
    "application_labels",
    "applicant_attributes",
]

#: Feeds in the order of their admission: rates before the amounts that need them, things before
#: what is told about them.
ADMISSION: Mapping[str, int] = {feed: place for place, feed in enumerate(get_args(FeedName))}

#: What can be told about a loan. Only the first two close it; the others leave it open.
Outcome = Literal["fully_paid", "charged_off", "current", "late"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

_FX_RATES = {"currency": True, "rate_date": True, "rate": True, "known_at": False}

_TRANSACTIONS = {
    "transaction_id": True,
    "customer_id": True,
    "merchant_id": True,
    "timestamp": True,
    "amount": True,
    "currency": True,
    "type": False,
    "card_bin": False,
    "ip_address": False,
    "device_id": False,
    "location": False,
    "channel": False,
    "transaction_category": False,
    "customer_segments": False,
    "merchant_risk_score": False,
    "card_risk_score": False,
    "customer_risk_score": False,
    "is_velocity_alert": False,
    "is_location_alert": False,
    "is_device_alert": False,
    "is_high_value": False,
}

_TRANSACTION_LABELS = {
    "transaction_id": True,
    "is_fraud": True,
    "known_at": False,
    "provenance": False,
}

# Names are those of LendingClub's public files, which most examples of loan data follow.
_APPLICATIONS = {
    "application_id": True,
    "customer_id": True,
    "applied_at": True,
    "loan_amnt": True,
    "term": True,
    "currency": True,
    "purpose": False,
    "annual_inc": False,
    "emp_length": False,
    "home_ownership": False,
    "dti": False,
    "fico_range_low": False,
    "fico_range_high": False,
    "revol_util": False,
    "inq_last_6mths": False,
    "delinq_2yrs": False,
    "pub_rec": False,
    "open_acc": False,
    "total_acc": False,
    "revol_bal": False,
    "earliest_cr_line": False,
    "mths_since_last_delinq": False,
}

_APPLICATION_LABELS = {
    "application_id": True,
    "outcome": True,
    "is_policy_exception": False,
    "last_payment_date": False,
    "known_at": False,
    "provenance": False,
}

# Never features: they are kept apart, and only the fairness report may read them.
_APPLICANT_ATTRIBUTES = {
    "application_id": True,
    "sex": False,
    "age": False,
    "marital_status": False,
    "nationality": False,
}

CANONICAL: Mapping[str, Mapping[str, bool]] = {
    "fx_rates": _FX_RATES,
    "transactions": _TRANSACTIONS,
    "transaction_labels": _TRANSACTION_LABELS,
    "applications": _APPLICATIONS,
    "application_labels": _APPLICATION_LABELS,
    "applicant_attributes": _APPLICANT_ATTRIBUTES,
}

#: The columns that hold a date or a time.
DATED = frozenset(
    ("timestamp", "applied_at", "known_at", "rate_date", "earliest_cr_line", "last_payment_date")
)

#: What is told after a loan was granted. It says how the loan ended, so no application may read it.
POST_OUTCOME = frozenset(
    (
        "loan_status",
        "funded_amnt",
        "funded_amnt_inv",
        "out_prncp",
        "out_prncp_inv",
        "total_pymnt",
        "total_pymnt_inv",
        "total_rec_prncp",
        "total_rec_int",
        "total_rec_late_fee",
        "recoveries",
        "collection_recovery_fee",
        "last_pymnt_d",
        "last_pymnt_amnt",
        "next_pymnt_d",
        "pymnt_plan",
        "payment_plan_start_date",
        "deferral_term",
        "last_credit_pull_d",
        "last_fico_range_high",
        "last_fico_range_low",
    )
)

#: How the names of others begin, of loans that were put off or settled.
_POST_OUTCOME_STEMS = ("hardship", "debtsettlement", "settlement")

#: The lender's own judgement of the same applicant: a model that reads it learns another model.
LENDERS_PRICE = frozenset(("int_rate", "grade", "sub_grade", "installment"))

#: Never features, whatever the law of a country allows; see `applicant_attributes`.
PROTECTED = frozenset(("sex", "gender", "age", "marital_status", "nationality"))


def is_post_outcome(name: str) -> bool:
    """Tell whether a delivered column says how the loan ended."""
    return _is_one_of(name, POST_OUTCOME) or _bare(name).startswith(_POST_OUTCOME_STEMS)


def is_lenders_price(name: str) -> bool:
    """Tell whether a delivered column is the lender's own judgement."""
    return _is_one_of(name, LENDERS_PRICE)


def is_protected(name: str) -> bool:
    """Tell whether a delivered column may be read by the fairness report alone."""
    return _is_one_of(name, PROTECTED)


def _is_one_of(name: str, names: frozenset[str]) -> bool:
    return _bare(name) in map(_bare, names)


def _bare(name: str) -> str:
    """Return a name without what tells spellings apart: `Marital Status` is maritalstatus."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())
