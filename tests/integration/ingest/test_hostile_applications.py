"""Hostile files of loan applications are rejected or held without harm."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from features.ingest.limits import DEFAULT
from features.ingest.reasons import WITHHELD
from tests.integration.ingest.conftest import Intake
from tests.integration.ingest.loans import APPLICATION, LABEL, file_of

HOSTILE = (
    "'; drop table raw.applications; --",
    "{{ var('x') }}{% raw %}",
    "=HYPERLINK(A1)",
    'Robert "Bobby" O\'Neil, \\N',
    "名前 \U0001f600",
)
PERSON = {"Sex": "female", "marital_status": "widowed"}


def originals(intake: Intake) -> list[str]:
    """Return the stored originals of rejected rows."""
    return [text for (text,) in intake.rows("select original from raw.rejected_rows")]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_a_value(shared_intake: Intake, text: str) -> None:
    row = APPLICATION | dict.fromkeys(("application_id", "customer_id", "purpose"), text)
    shared_intake.deliver_new(file_of(row), feed="applications")
    [receipt] = shared_intake.take()

    assert receipt.rows_admitted == 1
    assert shared_intake.rows(
        "select customer_id, purpose from raw.applications where application_id = %s", text
    ) == [(text, text)]


def test_protected_attributes_beside_an_application_are_not_kept_with_a_bad_row(
    intake: Intake,
) -> None:
    good, short = file_of(APPLICATION | PERSON).decode().splitlines()
    intake.deliver(f"{good}\n{short},one field more\n".encode(), "wrong.csv", "applications")
    lines = [
        APPLICATION | PERSON | {"term": "for ever"},
        {"application_id": "a2", "applicant": PERSON},
    ]
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    intake.deliver(text.encode(), "wrong.jsonl", "applications")

    intake.take()

    assert originals(intake) == [WITHHELD] * 3


def test_a_bad_row_without_protected_attributes_is_kept_unchanged(intake: Intake) -> None:
    intake.deliver(file_of(APPLICATION | {"term": "for ever"}), feed="applications")

    intake.take()

    [original] = originals(intake)
    assert "for ever" in original


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "missing_column"),
        (b"\xff\xfe\x00", "truncated"),
        (file_of(APPLICATION).splitlines()[1] + b"\n", "missing_column"),
        (file_of({"loan_status": "Fully Paid", "recoveries": "1"}), "missing_column"),
        (file_of({k: v for k, v in APPLICATION.items() if k != "term"}), "missing_column"),
        (b"term," + file_of(APPLICATION).replace(b"\n", b"\n36,", 1), "duplicate_column"),
        (file_of(LABEL), "missing_column"),
    ],
)
def test_a_file_that_is_not_of_applications_is_held_with_its_reason(
    intake: Intake, content: bytes, reason: str
) -> None:
    intake.deliver(content, feed="applications")

    [receipt] = intake.receive()

    assert (receipt.state, (receipt.reason or "").split(":")[0]) == ("held", reason)


def test_a_placeholder_for_a_customer_holds_the_file(intake: Intake) -> None:
    guests = [APPLICATION | {"application_id": f"a{n}", "customer_id": "guest"} for n in range(4)]
    intake.deliver(file_of(*guests), feed="applications")

    [receipt] = intake.receive(replace(DEFAULT, same_applicant=3))

    assert receipt.state == "held"
    assert receipt.reason == (
        "same_applicant: 4 applications of one customer_id, allowed 3; "
        "a placeholder names no person; next: list the placeholder under `null_tokens`; "
        "`is_applicant_unknown: true` is for a source that names no applicants"
    )


def test_a_file_with_only_a_header_is_an_empty_delivery(intake: Intake) -> None:
    intake.deliver(file_of(APPLICATION).splitlines()[0] + b"\n", feed="applications")

    [receipt] = intake.take()

    assert (receipt.rows_in_file, receipt.rows_admitted) == (0, 0)


def test_nan_and_infinity_of_parquet_are_rejected(intake: Intake) -> None:
    row: dict[str, Any] = {name: [value] * 4 for name, value in APPLICATION.items()}
    row["application_id"] = ["a1", "a2", "a3", "a4"]
    row["mths_since_last_delinq"] = [None] * 4
    row["dti"] = [12.5, float("nan"), float("inf"), -0.5]
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(row), buffer)
    intake.deliver(buffer.getvalue(), "a.parquet", "applications")

    [receipt] = intake.take()

    assert (receipt.rows_admitted, receipt.rows_rejected) == (2, 2)
    assert set(intake.rows("select row_number, reason from raw.rejected_rows")) == {
        (number, "not_a_percentage") for number in (3, 4)
    }
    assert intake.rows(
        "select debt_to_income_percent from raw.applications where application_id = 'a2'"
    ) == [(None,)]


def test_a_repeated_row_is_one_application_and_one_duplicate(intake: Intake) -> None:
    intake.deliver(file_of(*[APPLICATION] * 3), feed="applications")

    [receipt] = intake.take()

    assert (receipt.rows_admitted, receipt.rows_duplicate) == (1, 2)


def test_the_second_delivery_adds_new_rows_and_counts_the_duplicates(intake: Intake) -> None:
    rows = [APPLICATION | {"application_id": f"a{n}"} for n in range(5)]
    intake.deliver(file_of(*rows[:3]), "monday.csv", "applications")
    intake.take()
    corrected = rows[1] | {"annual_inc": "1"}
    intake.deliver(file_of(rows[0], corrected, *rows[2:]), "tuesday.csv", "applications")

    [receipt] = intake.take()

    assert (receipt.rows_admitted, receipt.rows_duplicate) == (3, 2)
    assert intake.rows("select application_id, version from raw.applications order by 1, 2") == [
        ("a0", 1),
        ("a1", 1),
        ("a1", 2),
        ("a2", 1),
        ("a3", 1),
        ("a4", 1),
    ]
