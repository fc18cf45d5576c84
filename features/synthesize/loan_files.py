"""Render the loan feeds as text: applications, outcomes, and protected attributes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.synthesize import identifiers
from features.synthesize.applicants import (
    HOMES,
    MARITAL_STATES,
    NATIONALITIES,
    SEXES,
    Applicants,
)
from features.synthesize.calendar import DAY_MS
from features.synthesize.feed_shapes import APPLICANT_ATTRIBUTES, APPLICATION_LABELS, APPLICATIONS
from features.synthesize.loans import PURPOSES, Loans
from features.synthesize.randomness import I64
from features.synthesize.render import instants

_EMPLOYMENTS = (
    "< 1 year", "1 year", *(f"{years} years" for years in range(2, 10)), "10+ years", "n/a",
)  # fmt: skip


def applications(loans: Loans, applicants: Applicants) -> pa.Table:
    """Return the feed of applications."""
    customer = loans.customer
    columns = {
        "application_id": application_ids(loans),
        "customer_id": identifiers.customer_ids(customer),
        "applied_at": instants(loans.at),
        "loan_amnt": _numbers(loans.amount),
        "term": pc.binary_join_element_wise(_numbers(loans.term), "months", " "),
        "currency": pa.array(["USD"] * len(loans), pa.string()),
        "purpose": _named(PURPOSES, loans.purpose),
        "annual_inc": _numbers(applicants.income[customer]),
        "emp_length": _named(_EMPLOYMENTS, applicants.employment[customer]),
        "home_ownership": _named(HOMES, applicants.home[customer]),
        "dti": _tenths(applicants.debt_to_income[customer]),
        "fico_range_low": _numbers(applicants.fico[customer]),
        "fico_range_high": _numbers(applicants.fico[customer] + 4),
        "revol_util": _tenths(applicants.utilisation[customer]),
        "inq_last_6mths": _numbers(loans.inquiries),
        "delinq_2yrs": _numbers(applicants.delinquencies[customer]),
        "pub_rec": _numbers(applicants.public_records[customer]),
        "open_acc": _numbers(applicants.open_accounts[customer]),
        "total_acc": _numbers(applicants.total_accounts[customer]),
        "revol_bal": _numbers(applicants.balance[customer]),
        "earliest_cr_line": _dates(applicants.credit_since[customer]),
        "mths_since_last_delinq": pa.nulls(len(loans), pa.string()),
    }
    return pa.table(columns, schema=APPLICATIONS.schema)


def labels(loans: Loans) -> pa.Table:
    """Return the feed of outcomes, ordered by the time at which they become known."""
    order = np.argsort(loans.known_at, kind="stable")
    columns = {
        "application_id": application_ids(loans),
        "outcome": _named(("fully_paid", "charged_off"), loans.is_default.astype(np.int64)),
        "is_policy_exception": pa.array(["false"] * len(loans), pa.string()),
        "last_payment_date": _dates(loans.last_payment // DAY_MS),
        "known_at": instants(loans.known_at),
        "provenance": pa.array(["servicer"] * len(loans), pa.string()),
    }
    return pa.table(columns, schema=APPLICATION_LABELS.schema).take(pa.array(order))


def attributes(loans: Loans, applicants: Applicants) -> pa.Table:
    """Return the feed of protected attributes, which only the fairness report may read."""
    customer = loans.customer
    age = (loans.at // DAY_MS - applicants.born[customer]) // 365.25
    columns = {
        "application_id": application_ids(loans),
        "sex": _named(SEXES, applicants.sex[customer]),
        "age": _numbers(age.astype(np.int64)),
        "marital_status": _named(MARITAL_STATES, applicants.marital_state[customer]),
        "nationality": _named(NATIONALITIES, applicants.nationality[customer]),
    }
    return pa.table(columns, schema=APPLICANT_ATTRIBUTES.schema)


def application_ids(loans: Loans) -> pa.Array:
    """Return ids of day, millisecond and index; no digit run is as long as a card number."""
    parts = (loans.at // DAY_MS, loans.at % DAY_MS, loans.index)
    return pc.binary_join_element_wise("la", *map(_numbers, parts), "_")


def _numbers(values: I64) -> pa.Array:
    return pc.cast(pa.array(values), pa.string())


def _tenths(values: I64) -> pa.Array:
    return pc.binary_join_element_wise(_numbers(values // 10), _numbers(values % 10), ".")


def _named(names: Sequence[str], index: I64) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(index))


def _dates(days: I64) -> pa.Array:
    return pc.cast(pc.cast(pa.array(days.astype(np.int32)), pa.date32()), pa.string())
