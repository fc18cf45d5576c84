"""The register counts every physical line of a file; closure compares lines with rows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scoring.domains import SCORE_TRANSACTIONS
from scoring.evidence import closure
from tests.integration.ingest.conftest import COLUMNS, Intake

HEADER = ",".join(COLUMNS)


def lines_of(intake: Intake) -> list[tuple[Any, ...]]:
    """Return the line counts of each delivery in the register."""
    return intake.rows(
        "select state, lines_in_file, header_lines, blank_lines, continuation_lines, "
        "lines_rejected, lines_duplicate, lines_admitted from raw.deliveries order by received_at"
    )


def open_equations(intake: Intake) -> list[str]:
    """Return the equations that do not hold."""
    with intake.db.connect("score") as connection:
        equations = closure.equations(connection, SCORE_TRANSACTIONS)
    return [str(equation) for equation in equations if not equation.holds]


def line(number: int, **overrides: str) -> str:
    """Return one row as a line without quotes."""
    row = Intake.row(transaction_id=f"t{number}", **overrides)
    return ",".join(row[name] for name in COLUMNS)


def swallowing(first: str, last: str) -> bytes:
    """Return 100 rows with a quote in row 10 and another one in row 60, in an unread column."""
    memos = {10: first, 60: last}
    rows = [f"{line(number)},{memos.get(number, 'ok')}" for number in range(1, 101)]
    return "\n".join([f"{HEADER},memo", *rows, ""]).encode()


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        ('"17 inch monitor', '9"-plate', "multiline_field: line 11 "),
        ('"17 inch monitor', '9"', "multiline_field: line 11 "),
        ('"17" monitor', "ok", "stray_quote: line 11 "),
        ('"a" "b"', "ok", "stray_quote: line 11 "),
        ('"""', "ok", "multiline_field: line 11 "),
        ("ok", '"', "multiline_field: line 61 "),
    ],
)
def test_a_quote_that_would_swallow_rows_holds_the_file_and_names_the_line(
    intake: Intake, first: str, last: str, reason: str
) -> None:
    intake.deliver(swallowing(first, last))

    assert intake.take() == []

    [(held_reason,)] = intake.rows("select reason from raw.deliveries")
    assert held_reason.startswith(reason)
    assert lines_of(intake) == [("held", 101, None, None, None, None, None, None)]


def test_a_quote_in_a_column_that_is_read_holds_the_file_too(intake: Intake) -> None:
    rows = [line(1), line(2, device_id='"d2'), line(3), line(4, device_id='d4"'), line(5)]
    intake.deliver("\n".join([HEADER, *rows, ""]).encode())

    assert [receipt.reason[:24] for receipt in intake.receive()] == ["multiline_field: line 3 "]


def test_a_source_may_declare_fields_that_span_lines(intake: Intake) -> None:
    intake.change(csv={"multiline_fields": True})
    rows = [f'{line(1)},"a\nb\n\nc"', "", f"{line(2)},plain", f'{line(1)},"a\nb\n\nc"']
    intake.deliver("\n".join([f"{HEADER},memo", *rows, ""]).encode())

    [receipt] = intake.take()

    assert (receipt.rows_in_file, receipt.rows_duplicate, receipt.rows_admitted) == (3, 1, 2)
    # eleven lines: the header, a blank line, two rows of four lines, one row of one line
    assert lines_of(intake) == [("admitted", 11, 1, 1, 6, 0, 4, 5)]
    assert open_equations(intake) == []


def test_a_rejected_row_counts_with_all_its_lines(intake: Intake) -> None:
    intake.change(csv={"multiline_fields": True}, tolerated_bad_share=0.5)
    rows = [line(1), line(2, device_id='"d\n\n\n2"'), line(3)]
    intake.deliver("\n".join([HEADER, *rows, ""]).encode())

    [receipt] = intake.receive()

    assert receipt.state == "held"
    assert str(receipt.reason).startswith(
        "too_many_bad_rows: 4 of 6 lines (66.7%, tolerated 50.0%): control_character 1"
    )
    assert intake.rows("select row_number, line_number, line_count from raw.rejected_rows") == [
        (2, 3, 4)
    ]


def test_a_field_that_spans_lines_needs_a_quote_at_its_start(intake: Intake) -> None:
    intake.change(csv={"multiline_fields": True})
    intake.deliver(swallowing('"17 inch monitor', '9"-plate'))

    assert [receipt.reason[:21] for receipt in intake.receive()] == ["stray_quote: line 11 "]


def test_an_inch_mark_is_text_where_no_field_is_quoted(intake: Intake) -> None:
    intake.change(csv={"quoting": "none"})
    rows = [line(1, device_id='17"'), line(2, device_id='"17'), line(3, device_id='"17"')]
    intake.deliver("\n".join([HEADER, *rows, ""]).encode())

    intake.take()

    assert intake.rows("select device_id from raw.transactions order by transaction_id") == [
        ('17"',),
        ('"17',),
        ('"17"',),
    ]


def test_an_inch_mark_inside_an_unquoted_field_is_text(intake: Intake) -> None:
    intake.deliver("\n".join([HEADER, line(1, device_id='17"'), line(2), ""]).encode())

    intake.take()

    assert intake.rows("select device_id from raw.transactions order by transaction_id") == [
        ('17"',),
        ("d1",),
    ]


LINE_ENDS = {
    "LF": "\n",
    "CRLF": "\r\n",
    "CR": "\r",
    "blank lines": "\n\n",
    "blank lines of CR": "\r\r",
    "CRLF and blank lines": "\r\n\r\n",
}


@pytest.mark.parametrize("end", LINE_ENDS.values(), ids=LINE_ENDS.keys())
def test_every_kind_of_line_end_is_read_and_counted(intake: Intake, end: str) -> None:
    content = "".join(f"{row}{end}" for row in (HEADER, line(1), "a,b", line(2), line(2)))
    intake.deliver(content.encode())

    [receipt] = intake.take()

    assert (receipt.rows_rejected, receipt.rows_duplicate, receipt.rows_admitted) == (1, 1, 2)
    blank = 5 if len(end.replace("\r\n", "\n")) == 2 else 0
    assert lines_of(intake) == [("admitted", 5 + blank, 1, blank, 0, 1, 1, 2)]
    assert open_equations(intake) == []


def test_each_line_of_json_is_one_record(intake: Intake) -> None:
    rows = [json.dumps(Intake.row(transaction_id=f"t{number}")) for number in range(1, 9)]
    cut = len(rows[4]) // 2
    lines = [rows[0], "", f"{rows[1]},{rows[2]}", f"{rows[3]} {rows[4]}", " \t", rows[4][:cut]]
    lines += [rows[4][cut:], f"{rows[5]}{rows[6]}", rows[7]]
    intake.deliver("".join(f"{text}\n" for text in lines).encode(), "a.jsonl")

    intake.take()

    assert intake.rows("select transaction_id from raw.transactions order by 1") == [
        ("t1",),
        ("t8",),
    ]
    assert intake.rows(
        "select row_number, line_number, reason from raw.rejected_rows order by 1"
    ) == [(row, row + 1 + (row > 3), "malformed_json") for row in range(2, 7)]
    assert lines_of(intake) == [("admitted", 9, 0, 2, 0, 5, 0, 2)]
    assert open_equations(intake) == []


def test_a_line_without_a_row_breaks_an_equation(intake: Intake) -> None:
    rows = [line(1), "a,b", line(2)]
    intake.deliver("\n".join([HEADER, *rows, ""]).encode())
    intake.take()
    with intake.db.superuser() as connection:
        connection.execute("delete from raw.rejected_rows")

    name = "delivery 1 landing/synthetic/transactions/a.csv"
    assert open_equations(intake) == [
        f"{name}: 3 ≠ 0 rejected + 0 duplicate + 2 admitted; "
        "raw.rejected_rows holds 0 rows, 1 were written",
        f"{name} lines: 4 ≠ 1 header + 0 blank + 0 rejected + 0 duplicate + 2 admitted",
    ]
