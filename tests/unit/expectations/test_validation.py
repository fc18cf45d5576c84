"""Checks add up to a verdict; the error and the report page show the same verdict."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from uuid import UUID

import pytest

from expectations import page, suites
from expectations.errors import GateFailedError
from expectations.validation import Check, Outcome, Severity, Validation, Verdict, verdict_of
from features.platform.errors import ConfigurationError, ContractError

HOSTILE = "<img src=x onerror=alert(1)>\"'&{{7*7}}"


def a_check(
    outcome: Outcome = Outcome.HELD,
    severity: Severity = Severity.CRITICAL,
    words: str = "amount_minor has a value",
) -> Check:
    return Check(
        expectation="expect_values_present",
        column="amount_minor",
        words=words,
        why="A row without it cannot enter the ledger.",
        severity=severity,
        outcome=outcome,
        rows=200,
        unexpected=3,
    )


def a_validation(*checks: Check, subject: str = "delivery 7") -> Validation:
    return Validation(
        UUID(int=7),
        "raw.transactions",
        subject,
        "landed.d_7",
        verdict_of(checks),
        200,
        200,
        checks,
        datetime(2026, 11, 20, 10, tzinfo=UTC),
    )


BROKEN = a_check(Outcome.BROKEN)
WARNED = a_check(Outcome.BROKEN, Severity.WARNING)
UNKNOWN = a_check(Outcome.UNKNOWN, Severity.WARNING)


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ([], Verdict.PASSED),
        ([a_check()], Verdict.PASSED),
        ([a_check(), WARNED], Verdict.WARNED),
        ([WARNED, BROKEN], Verdict.FAILED),
        ([WARNED, UNKNOWN], Verdict.COULD_NOT_CHECK),
        ([BROKEN, UNKNOWN], Verdict.FAILED),
    ],
)
def test_the_verdict_is_the_worst_result_of_the_checks(
    checks: list[Check], verdict: Verdict
) -> None:
    assert verdict_of(checks) is verdict


def test_a_broken_expectation_counts_failed_rows_and_all_rows() -> None:
    assert BROKEN.figure == "3 of 200 rows = 1.50%"


def test_a_failed_gate_is_a_broken_contract_and_names_the_next_step() -> None:
    error = GateFailedError(a_validation(a_check(), BROKEN, WARNED))

    assert isinstance(error, ContractError)
    assert "1 critical of 3 expectations do not hold" in str(error)
    assert "amount_minor has a value (3 of 200 rows = 1.50%)" in str(error)
    assert "nothing of it was admitted" in str(error)


def test_the_error_of_a_failed_gate_survives_pickling() -> None:
    error = GateFailedError(a_validation(BROKEN))

    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert str(again) == str(error)
    assert again.validation == error.validation


def test_the_page_escapes_every_name_and_loads_no_other_file() -> None:
    text = page.render(a_validation(a_check(words=HOSTILE), subject=HOSTILE)).decode()

    assert "<img" not in text
    assert "49" not in text
    for forbidden in ("<script", "http://", "https://", "url(", "<link"):
        assert forbidden not in text


def test_the_page_lists_broken_expectations_first() -> None:
    text = page.render(
        a_validation(
            a_check(words="held"),
            a_check(Outcome.BROKEN, Severity.WARNING, "warned"),
            a_check(Outcome.BROKEN, words="stopped"),
        )
    ).decode()

    order = [text.index(f"<td>{words}<small>") for words in ("stopped", "warned", "held")]
    assert order == sorted(order)


def test_a_page_of_many_expectations_stays_small() -> None:
    checks = [a_check(words=f"feature_{n} lies within 0 and 1") for n in range(150)]

    assert len(page.render(a_validation(*checks))) < 100_000


def test_pages_lie_in_the_folder_of_their_day() -> None:
    assert page.name(a_validation()) == (
        "validations/2026-11-20/00000000-0000-0000-0000-000000000007.html"
    )


def test_an_unknown_suite_is_refused_with_the_known_names() -> None:
    with pytest.raises(ConfigurationError, match="transactions"):
        suites.of_feed("payments")
