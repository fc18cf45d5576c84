"""Recognise delivered columns that leak the answer, or that no model may read, in any spelling."""

from __future__ import annotations

import re
from enum import StrEnum

#: Facts from after a loan was granted. They say how the loan ended, so no application may read one.
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

#: Further names begin like this: those of loans that were put off or settled.
_POST_OUTCOME_STEMS = ("hardship", "debtsettlement", "settlement")

#: The lender's own judgement of the same applicant: a model that reads it learns another model.
LENDERS_PRICE = frozenset(("int_rate", "grade", "sub_grade", "installment"))

#: Never features, whatever the law of a country allows; see the feed `applicant_attributes`.
PROTECTED = frozenset(("sex", "gender", "age", "marital_status", "nationality"))


#: Facts that identify a person and that no feature needs.
PERSONAL = frozenset(
    (
        *("name", "first_name", "last_name", "middle_name", "full_name", "given_name", "surname"),
        *("first", "last", "family_name", "maiden_name", "customer_name", "cardholder_name"),
        *("birth_date", "date_of_birth", "birthdate", "birthday", "dob", "year_of_birth"),
        *("birth_year", "email", "email_address", "phone", "phone_number", "mobile", "address"),
        *("street", "street_address", "home_address", "ssn", "social_security_number"),
        *("tax_id", "national_id", "passport_number", "iban", "religion", "ethnicity", "race"),
    )
)


class Leak(StrEnum):
    """Why a delivered column may not be read."""

    POST_OUTCOME = "post_outcome"
    LENDERS_PRICE = "lenders_price"
    PROTECTED = "protected"
    PERSONAL = "personal"


def leaks_of(name: str) -> frozenset[Leak]:
    """Return why a delivered column may not be read; nothing for a harmless column."""
    bare = _bare(name)
    leaks = {leak for leak, names in _BARE.items() if bare in names}
    if bare.startswith(_POST_OUTCOME_STEMS):
        leaks.add(Leak.POST_OUTCOME)
    return frozenset(leaks)


def is_protected(name: str) -> bool:
    """Return whether only the fairness report may read a delivered column."""
    return Leak.PROTECTED in leaks_of(name)


def _bare(name: str) -> str:
    """Return a name without the marks of a spelling: `Marital Status` becomes maritalstatus."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


_BARE = {
    leak: frozenset(map(_bare, names))
    for leak, names in (
        (Leak.POST_OUTCOME, POST_OUTCOME),
        (Leak.LENDERS_PRICE, LENDERS_PRICE),
        (Leak.PROTECTED, PROTECTED),
        (Leak.PERSONAL, PERSONAL),
    )
}
