"""Loan applications and their outcomes enter the raw tables on the same path as transactions."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from features.ingest.reasons import WITHHELD
from tests.integration.ingest.conftest import Intake
from tests.integration.ingest.loans import APPLICATION, LABEL, file_of


def applied(intake: Intake, **overrides: str) -> None:
    """Deliver one application and take it in."""
    intake.deliver_new(file_of(APPLICATION | overrides), feed="applications")
    intake.take()


def labelled(intake: Intake, name: str = "a.csv", **overrides: str) -> None:
    """Deliver one outcome and take it in."""
    intake.deliver(file_of(LABEL | overrides), name, "application_labels")
    intake.take()


def test_an_application_enters_with_money_in_minor_units_and_both_clocks(intake: Intake) -> None:
    applied(intake)

    [row] = intake.rows(
        "select requested_amount_minor, requested_amount_base_minor, annual_income_minor,"
        " term_months, employment_years, revolving_utilisation_percent, inquiry_count_6m,"
        " revolving_balance_minor, first_credit_date::text, months_since_delinquency, version,"
        " is_history, known_at > applied_at from raw.applications"
    )
    assert row == (750000, 750000, 6000050, 36, 5, 51.5, 1, 0, "1987-01-01", None, 1, False, True)


def test_amounts_of_another_currency_enter_at_the_known_rate(intake: Intake) -> None:
    rate = {"currency": "EUR", "rate_date": "2026-02-28", "rate": "1.5", "known_at": ""}
    intake.deliver(file_of(rate), feed="fx_rates")

    applied(intake, currency="EUR")

    assert intake.rows(
        "select requested_amount_base_minor, annual_income_base_minor, revolving_balance_base_minor"
        " from raw.applications"
    ) == [(1125000, 9000075, 0)]


def test_a_correction_is_the_next_version_and_a_repetition_a_duplicate(intake: Intake) -> None:
    applied(intake)
    applied(intake, annual_inc="50000")
    intake.deliver(b"\n" + file_of(APPLICATION | {"annual_inc": "50000"}), "b.csv", "applications")
    [receipt] = intake.take()

    assert (receipt.rows_duplicate, receipt.rows_admitted) == (1, 0)
    assert intake.rows(
        "select version, annual_income_minor from raw.applications order by version"
    ) == [(1, 6000050), (2, 5000000)]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("term", "three years", "not_a_term"),
        ("term", "0 months", "not_a_term"),
        ("term", "", "missing_value"),
        ("loan_amnt", "0", "amount_not_positive"),
        ("loan_amnt", "-5", "amount_not_positive"),
        ("annual_inc", "a lot", "amount_not_a_number"),
        ("emp_length", "since 1998", "not_an_employment"),
        ("annual_inc", "-1", "amount_not_positive"),
        ("annual_inc", "Infinity", "amount_not_a_number"),
        ("revol_bal", "1" + "0" * 30, "amount_too_large"),
        ("dti", "-1", "not_a_percentage"),
        ("dti", "99999", "not_a_percentage"),
        ("fico_range_low", "0", "not_a_credit_score"),
        ("fico_range_high", "9999", "not_a_credit_score"),
        ("revol_util", "nil", "not_a_percentage"),
        ("pub_rec", "1.5", "not_a_count"),
        ("delinq_2yrs", "-1", "not_a_count"),
        ("earliest_cr_line", "1887-01-01", "timestamp_not_a_time"),
        ("applied_at", "2026-03-01", "timestamp_without_zone"),
        ("applied_at", "2098-03-01T00:00:00Z", "timestamp_in_future"),
        ("currency", "XQZ", "unknown_currency"),
        ("purpose", "4111111111111111", "card_number"),
    ],
)
def test_a_bad_application_is_set_aside_with_its_reason(
    shared_intake: Intake, column: str, value: str, reason: str
) -> None:
    good = APPLICATION | {"application_id": f"good-{column}-{reason}-{len(value)}"}
    bad = APPLICATION | {"application_id": f"bad-{column}-{reason}-{len(value)}", column: value}
    shared_intake.deliver_new(file_of(good, bad), feed="applications")
    [receipt] = shared_intake.take()

    assert (receipt.rows_in_file, receipt.rows_rejected, receipt.rows_admitted) == (2, 1, 1)
    assert shared_intake.rows(
        "select row_number, reason, split_part(detail, ':', 1) from raw.rejected_rows"
        " where delivery_id = %s",
        receipt.delivery_id,
    ) == [(2, reason, column)]


@pytest.mark.parametrize(
    ("length", "years"), [("< 1 year", 0), ("1 year", 1), ("10+ years", 10), ("n/a", None)]
)
def test_employment_is_counted_in_years(
    shared_intake: Intake, length: str, years: int | None
) -> None:
    applied(shared_intake, application_id=f"employed {length}", emp_length=length)

    assert shared_intake.rows(
        "select employment_years from raw.applications where application_id = %s",
        f"employed {length}",
    ) == [(years,)]


def test_two_applications_of_one_id_in_a_file_are_both_rejected(intake: Intake) -> None:
    intake.deliver(file_of(APPLICATION, APPLICATION | {"dti": "3"}), feed="applications")
    [receipt] = intake.take()

    assert (receipt.rows_rejected, receipt.rows_admitted) == (2, 0)


@pytest.mark.parametrize(
    ("outcome", "is_default"),
    [("fully_paid", False), ("charged_off", True), ("current", None), ("late", None)],
)
def test_only_a_closed_loan_is_good_or_bad(
    shared_intake: Intake, outcome: str, is_default: bool | None
) -> None:
    labelled(shared_intake, f"{outcome}.csv", application_id=outcome, outcome=outcome)

    assert shared_intake.rows(
        "select is_default, is_policy_exception from raw.application_labels"
        " where application_id = %s",
        outcome,
    ) == [(is_default, False)]


def test_an_outcome_that_the_source_does_not_describe_is_rejected(intake: Intake) -> None:
    labelled(intake, outcome="Paid, more or less")

    assert intake.rows("select reason from raw.rejected_rows") == [("unknown_outcome",)]


def test_a_repeated_outcome_is_a_duplicate_and_a_changed_one_a_version(
    intake: Intake,
) -> None:
    labelled(intake, outcome="current")
    labelled(intake, "b.csv", outcome="current", application_id="a1")
    labelled(intake, "c.csv", outcome="late")
    labelled(intake, "d.csv")

    assert intake.rows("select version, outcome from raw.application_labels order by version") == [
        (1, "current"),
        (2, "late"),
        (3, "charged_off"),
    ]


@pytest.mark.parametrize(
    ("outcome", "paid", "known_at"),
    [
        ("fully_paid", "2025-05-01", "2025-05-01"),
        ("charged_off", "2025-05-01", "2025-09-28"),
        ("charged_off", "", "2024-08-03"),
        ("current", "", None),
    ],
)
def test_an_outcome_of_a_history_load_is_known_at_the_end_of_the_loan(
    intake: Intake, outcome: str, paid: str, known_at: str | None
) -> None:
    old = {"applied_at": "2021-03-06T00:00:00Z", "term": "36 months"}
    intake.deliver(file_of(APPLICATION | old), "history/a.csv", "applications")
    intake.deliver(
        file_of(LABEL | {"outcome": outcome, "last_payment_date": paid}),
        "history/l.csv",
        "application_labels",
    )
    intake.take()

    [(loaded_known_at, admitted)] = intake.rows(
        "select known_at::date::text,"
        " known_at = (select last_known_at from raw.ledger_clock) from raw.application_labels"
    )
    assert admitted if known_at is None else loaded_known_at == known_at


def test_only_the_fairness_report_reads_protected_attributes(intake: Intake) -> None:
    attributes = {
        "application_id": "a1",
        "sex": "female",
        "age": "41",
        "marital_status": "married",
        "nationality": "FR",
    }
    intake.deliver(
        file_of(attributes, attributes | {"application_id": "a2", "age": "old"}),
        feed="applicant_attributes",
    )
    [delivery] = intake.receive()

    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        intake.db.connect("score") as gate,
    ):
        gate.execute(f"select * from {delivery.landed_table}".encode())
    intake.take()

    query = b"select sex, age, marital_status, nationality from protected.applicant_attributes"
    with intake.db.connect("fairness") as report:
        assert report.execute(query).fetchall() == [("female", 41, "married", "FR")]
    for role in ("ingest", "transform", "score", "analyst"):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            intake.db.connect(role) as connection,
        ):
            connection.execute(query)
    assert intake.rows("select original from raw.rejected_rows") == [(WITHHELD,)]


def test_no_protected_attribute_is_a_feature(intake: Intake) -> None:
    named: list[Any] = intake.rows(
        "select column_name::text from information_schema.columns"
        " where table_schema in ('raw', 'staging', 'intermediate', 'marts', 'serving')"
    )

    assert not {"sex", "age", "marital_status", "nationality"} & {name for (name,) in named}
