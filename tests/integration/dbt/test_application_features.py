"""On a real warehouse, the features of loan applications have the defined values and no leaks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from features.build import build
from features.rebuild import keys_of, rebuild
from features.views import APPLICATIONS
from tests.builders import (
    NOON,
    a_label,
    a_transaction,
    an_application,
    an_outcome,
    insert_applications,
    insert_labels,
    insert_outcomes,
    insert_transactions,
)

DAY = timedelta(days=1)


def build_applications(db: Any) -> int:
    """Build the features of every pending application and return their number."""
    return build("application_features", db.settings.warehouse, db.settings.work).rows_added


def newest_features(db: Any, application: str, *columns: str) -> tuple[Any, ...]:
    """Return some columns of an application's newest feature row."""
    [row] = db.rows(
        f"select {', '.join(columns)} from marts.feat_applications"
        " where application_id = %s order by version desc limit 1",
        application,
    )
    return tuple(row)


def test_every_admitted_version_gets_one_row_and_keeps_it(built: Any) -> None:
    insert_applications(built, [an_application(application_id="a"), an_application()])

    assert build_applications(built) == 2
    assert build_applications(built) == 0
    insert_applications(built, [an_application(application_id="a", version=2)])
    assert build_applications(built) == 1


def test_the_request_is_compared_with_the_income(built: Any) -> None:
    insert_applications(built, [an_application(application_id="a")])
    build_applications(built)

    amount, to_income, payment, debt = newest_features(
        built, "a", "requested_amount", "loan_to_income", "payment_to_income", "debt_to_income"
    )

    # 12,000 over 36 months at 1 % a month is 398.57 a month, of 5,000
    assert (amount, to_income, debt) == (12_000, 0.2, 0.125)
    assert payment == pytest.approx(398.5717 / 5000, abs=1e-7)


def test_values_of_the_bureau_have_the_units_of_the_view(built: Any) -> None:
    insert_applications(
        built,
        [an_application(application_id="a", first_credit_date=date(2016, 3, 2), purpose="wedding")],
    )
    build_applications(built)

    assert newest_features(
        built,
        "a",
        "fico_mid",
        "revolving_utilisation",
        "round(credit_age_years)",
        "purpose_group",
        "home_ownership_group",
    ) == (702, 0.45, 10, "purchase", "rent")


def test_missing_values_stay_missing(built: Any) -> None:
    names = (
        "annual_income_minor",
        "employment_years",
        "debt_to_income_percent",
        "fico_low",
        "revolving_utilisation_percent",
        "inquiry_count_6m",
        "delinquency_count_2y",
        "public_record_count",
        "purpose",
        "home_ownership",
    )
    insert_applications(built, [an_application(application_id="a", **dict.fromkeys(names))])
    build_applications(built)

    nullable = [feature.name for feature in APPLICATIONS.features if not feature.required]
    known = {"requested_amount", "term_months", "applicant_application_count"}
    values = dict(zip(nullable, newest_features(built, "a", *nullable), strict=True))
    assert {name for name, value in values.items() if value is not None} <= known


def test_an_income_of_zero_has_no_ratio_and_is_known(built: Any) -> None:
    insert_applications(built, [an_application(application_id="a", annual_income_minor=0)])
    build_applications(built)

    assert newest_features(built, "a", "annual_income", "loan_to_income", "payment_to_income") == (
        0,
        None,
        None,
    )


def test_spending_its_trend_and_confirmed_frauds_are_those_of_the_applicant(built: Any) -> None:
    insert_transactions(
        built,
        [
            a_transaction(transaction_id="old", occurred_at=NOON - 60 * DAY, amount_minor=6000),
            a_transaction(transaction_id="new", occurred_at=NOON - 3 * DAY, amount_minor=3000),
            a_transaction(customer_id="c2", occurred_at=NOON - DAY, amount_minor=777),
        ],
    )
    insert_labels(built, [a_label("old", NOON - DAY)])
    insert_applications(
        built,
        [an_application(application_id="a"), an_application(application_id="b", customer_id="c9")],
    )
    build_applications(built)

    columns = ("customer_spend_sum_30d", "customer_spend_sum_90d", "customer_spend_trend",
               "customer_fraud_confirmed_count")  # fmt: skip
    assert newest_features(built, "a", *columns) == (30, 90, 1, 1)
    assert newest_features(built, "b", *columns) == (None, None, None, 0)


def test_a_build_of_one_job_leaves_the_features_of_the_other_alone(built: Any) -> None:
    insert_transactions(built, [a_transaction()])
    insert_applications(built, [an_application()])

    added = build("transaction_features", built.settings.warehouse, built.settings.work)

    assert set(added.rows).isdisjoint({"feat_applications", "int_applications_queued"})
    assert built.rows("select count(*) from marts.feat_applications") == [(0,)]
    assert build_applications(built) == 1


def test_rows_rebuilt_long_after_equal_the_stored_rows(built: Any) -> None:
    insert_transactions(built, [a_transaction(transaction_id="t", occurred_at=NOON - DAY)])
    insert_applications(
        built,
        [
            an_application(application_id="a", applied_at=NOON - 200 * DAY),
            an_application(application_id="b"),
        ],
    )
    build_applications(built)
    later = NOON + DAY
    insert_transactions(
        built,
        [
            a_transaction(transaction_id="t", version=2, amount_minor=5, known_at=later,
                          occurred_at=NOON - DAY),
        ],
    )  # fmt: skip
    insert_labels(built, [a_label("t", later)])
    insert_outcomes(built, [an_outcome("a", later)])
    insert_applications(
        built, [an_application(application_id="b", version=2, known_at=later, purpose="house")]
    )
    build_applications(built)
    types = keys_of(APPLICATIONS)
    rows = built.rows("select application_id, version from marts.feat_applications")
    keys = pa.table(dict(zip(types, zip(*rows, strict=True), strict=True)), schema=pa.schema(types))

    comparison = rebuild(keys, APPLICATIONS, built.settings.warehouse, built.settings.work)

    assert (comparison.rows, comparison.changed) == (3, [])
