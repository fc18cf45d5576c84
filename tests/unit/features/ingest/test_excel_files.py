"""Cells of a workbook become canonical text, and a cell without a value rejects its row."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.features.ingest.reading import NAMES, ROWS, a_feed, held, land, small
from tests.unit.features.ingest.reading import text as lines
from tests.unit.features.ingest.workbooks import a_workbook, number, text

FEED = a_feed()
HEADER = [text(name) for name in NAMES]
TIMES = (number("46082.416666666664", 2), number("46082.479340277781", 2), number(46083, 1))
CELLS = [
    [text(n), text(c), text(m), at, number(amount)]
    for (n, c, m, _, amount), at in zip(ROWS, TIMES, strict=True)
]
WANTED = land(lines(*ROWS).encode(), "a.csv", FEED).rows
BOOK = a_workbook({"Rows": [HEADER, *CELLS]})


def _shared() -> bytes:
    """Return the rows with texts that are stored once, with runs and a guide to their reading."""
    texts = ["<r><t>Café </t></r><r><t>Müller</t></r><rPh><t>x</t></rPh>", "<t>m_x0032_</t>"]
    cells = [list(row) for row in CELLS]
    cells[1][2] = 't="s"><v>0</v>'
    cells[2][2] = 't="s"><v>1</v>'
    return a_workbook({"Rows": [HEADER, *cells]}, shared=texts)


READ: dict[str, tuple[bytes, dict[str, Any]]] = {
    "the first sheet": (BOOK, {}),
    "shared texts": (_shared(), {}),
    "a named sheet with a title and a footer": (
        a_workbook(
            {
                "Cover": [[text("Shop")]],
                "Rows": [[text("March")], [], HEADER, *CELLS, [text("Total"), "", "", number(3)]],
            }
        ),
        {"excel": {"sheet": "Rows", "skip_rows": 1, "footer": "Total"}},
    ),
    "no header": (a_workbook({"Rows": CELLS}), {"excel": {"header": NAMES}}),
    "days from 1904": (
        a_workbook(
            {
                "Rows": [
                    HEADER,
                    *(
                        [*row[:3], number(day, 2), row[4]]
                        for row, day in zip(
                            CELLS,
                            ("44620.416666666664", "44620.479340277781", "44621"),
                            strict=True,
                        )
                    ),
                ]
            },
            is_1904=True,
        ),
        {},
    ),
}


@pytest.mark.parametrize(("content", "keys"), READ.values(), ids=READ.keys())
def test_a_workbook_gives_the_rows_of_its_csv(content: bytes, keys: dict[str, Any]) -> None:
    landed = land(content, "a.xlsx", a_feed(**keys))

    assert landed.rows == WANTED
    assert landed.rejected == []


def _row(**cells: str) -> list[str]:
    return [{**dict(zip(NAMES, CELLS[0], strict=True)), **cells}[name] for name in NAMES]


REJECTED: dict[str, tuple[list[str], str]] = {
    "a formula without its value": (_row(sum="><f>A1+1</f>"), "unreadable_cell"),
    "an error": (_row(sum='t="e"><v>#DIV/0!</v>'), "unreadable_cell"),
    "a date as identifier": (_row(id=number(46082, 4)), "unreadable_cell"),
    "true as identifier": (_row(id='t="b"><v>1</v>'), "unreadable_cell"),
    "a rounded identifier": (
        _row(id=number("1234567890123456789")),
        "identifier_in_float_notation",
    ),
    "a fraction as identifier": (_row(id=number("12.5")), "identifier_in_float_notation"),
    "a day that Excel made up": (_row(at=number(60, 1)), "unreadable_cell"),
    "a cell beside the header": ([*_row(), text("more")], "wrong_field_count"),
    "no identifier": (_row(id=""), "missing_value"),
}


@pytest.mark.parametrize(("row", "reason"), REJECTED.values(), ids=REJECTED.keys())
def test_a_bad_cell_rejects_its_row_with_text_and_place(row: list[str], reason: str) -> None:
    landed = land(a_workbook({"Rows": [HEADER, [], CELLS[1], row]}), "a.xlsx", FEED)

    ((found, record),) = landed.rejected
    assert (found, record.line_number) == (reason, 4)
    assert ",c1,m1," in record.text
    assert len(landed.rows) == 1


NUMBERS = {
    "596": "596",
    "0.28999999999999998": "0.29",
    "1E-2": "0.01",
    "7.0": "7",
    "1.5E3": "1500",
}


@pytest.mark.parametrize(("stored", "amount"), NUMBERS.items())
def test_a_number_is_the_shortest_text_of_its_value(stored: str, amount: str) -> None:
    landed = land(a_workbook({"Rows": [HEADER, _row(sum=number(stored))]}), "a.xlsx", FEED)

    assert landed.values("amount_minor") == [(round(float(amount) * 100),)]


def test_other_sheets_are_noted() -> None:
    content = a_workbook({"Rows": [HEADER, *CELLS], "More": [HEADER]})

    assert land(content, "a.xlsx", FEED).notes == [
        "only the first of the sheets 'Rows', 'More' is read; excel.sheet names another one"
    ]


HELD: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "a workbook with a password, or an old one": (
        bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 500,
        {},
        "save it as .xlsx without a password",
    ),
    "no such sheet": (BOOK, {"excel": {"sheet": "X"}}, "there is no sheet 'X'"),
    "a cover as first sheet": (
        a_workbook({"Cover": [[text("x")]], "Rows": [HEADER, *CELLS]}),
        {},
        "excel.sheet names another one",
    ),
    "entities": (
        a_workbook(
            {"Rows": []}, parts={"xl/worksheets/s1.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'}
        ),
        {},
        "declares entities",
    ),
    "no footer": (BOOK, {"excel": {"footer": "Total"}}, "truncated: does not end with the footer"),
    "a header where none is declared": (
        BOOK,
        {"excel": {"header": NAMES}},
        "the first row is a header",
    ),
    "an empty file": (b"", {}, "truncated: "),
    "an empty sheet": (a_workbook({"Rows": []}), {}, "missing_column: "),
    "a zip of something else": (
        a_workbook({"Rows": []}, parts={"_rels/.rels": "<Relationships/>"}),
        {},
        "the zip holds no Excel workbook",
    ),
    "text": (b"id,card\n", {}, "no Excel workbook, or one that is cut or broken"),
}


@pytest.mark.parametrize(("content", "keys", "reason"), HELD.values(), ids=HELD.keys())
def test_another_workbook_is_held(content: bytes, keys: dict[str, Any], reason: str) -> None:
    assert reason in held(content, "a.xlsx", a_feed(**keys))


def test_a_workbook_cut_anywhere_is_held() -> None:
    for cut in range(1, len(BOOK), 97):
        assert held(BOOK[:cut], "a.xlsx", FEED).startswith("unreadable: "), cut


def test_a_sheet_of_the_header_alone_is_an_empty_delivery() -> None:
    assert land(a_workbook({"Rows": [HEADER]}), "a.xlsx", FEED).rows == []


def test_a_workbook_is_limited() -> None:
    wide = '<worksheet><sheetData><row><c r="XFD1"><v>1</v></c></row></sheetData></worksheet>'
    bomb = a_workbook({"Rows": [[text("x" * 3_000_000)]]})

    assert held(a_workbook({"R": []}, parts={"xl/worksheets/s1.xml": wide}), "a.xlsx", FEED) == (
        "too_large: more than 1000 columns"
    )
    assert "inflates" in held(bomb, "a.xlsx", FEED, small(ratio_floor=1 << 20, ratio=1))
    assert "a row over" in held(bomb, "a.xlsx", FEED, small(row_bytes=1 << 20))
