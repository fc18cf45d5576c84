"""A text is read in the form that its source declares, or held with the key that reads it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.features.ingest.reading import NAMES, ROWS, a_feed, held, land, small, text

PLAIN = text(*ROWS)
BODY = "".join(PLAIN.splitlines(keepends=True)[1:])
WANTED = land(PLAIN.encode(), "a.csv", a_feed()).rows

READ: dict[str, tuple[bytes, str, dict[str, Any]]] = {
    "UTF-16 with its mark": (PLAIN.encode("utf-16"), "a.csv", {}),
    "UTF-16 as declared": (PLAIN.encode("utf-16-be"), "a.csv", {"encoding": "UTF-16"}),
    "a UTF-16 file with tabs": (PLAIN.replace(",", "\t").encode("utf-16"), "a.tsv", {}),
    "Windows-1252": (PLAIN.encode("cp1252"), "a.csv", {"encoding": "cp1252"}),
    "Latin-1": (PLAIN.encode("latin-1"), "a.csv", {"encoding": "latin_1"}),
    "semicolons in Windows-1252": (
        PLAIN.replace(",", ";").replace("\n", "\r\n").encode("cp1252"),
        "a.csv",
        {"encoding": "windows-1252", "csv": {"delimiter": ";"}},
    ),
    "a .txt file without a header": (
        BODY.replace(",", "|").encode(),
        "a.txt",
        {"csv": {"delimiter": "|", "header": NAMES}},
    ),
    "quotes of another kind": (
        PLAIN.replace("Café Müller", "'Café Müller'").encode(),
        "a.csv",
        {"csv": {"quote": "'"}},
    ),
    "a title, comments and a footer": (
        f"Report of March\n\n# made by hand\n{PLAIN}\nTotal: 3\n\n".encode(),
        "a.csv",
        {"csv": {"skip_lines": 2, "comment": "#", "footer": "Total"}},
    ),
    "names in another case": (
        PLAIN.replace("id,card", ' ID ,"Card "', 1).encode(),
        "a.csv",
        {"match_header": "folded"},
    ),
    "old line ends": (PLAIN.replace("\n", "\r").encode("utf-16"), "a.csv", {}),
}


@pytest.mark.parametrize(("content", "name", "keys"), READ.values(), ids=READ.keys())
def test_a_declared_form_gives_the_same_rows(
    content: bytes, name: str, keys: dict[str, Any]
) -> None:
    landed = land(content, name, a_feed(**keys))

    assert landed.rows == WANTED
    assert landed.rejected == []


HELD: dict[str, tuple[bytes, str, dict[str, Any], str]] = {
    "Latin-1 that is not declared": (
        PLAIN.encode("latin-1"),
        "a.csv",
        {},
        "wrong_encoding: line 3 is not valid UTF-8; encoding: windows-1252 would decode it",
    ),
    "UTF-16 without its mark": (
        PLAIN.encode("utf-16-le"),
        "a.csv",
        {},
        "encoding: utf-16-le would decode it",
    ),
    "UTF-8 that is declared otherwise": (
        PLAIN.encode(),
        "a.csv",
        {"encoding": "windows-1252"},
        "which would garble the file's letters; encoding: utf-8 decodes them",
    ),
    "UTF-8 that is declared as UTF-16": (
        PLAIN.encode(),
        "a.csv",
        {"encoding": "utf-16"},
        "wrong_encoding: not utf-16; encoding: utf-8 would decode it",
    ),
    "the other byte order": (
        PLAIN.encode("utf-16-be"),
        "a.csv",
        {"encoding": "utf-16-le"},
        "encoding: utf-16-be decodes the file",
    ),
    "Windows-1252 declared as Latin-1": (
        PLAIN.replace("é", "€").encode("cp1252"),
        "a.csv",
        {"encoding": "latin-1"},
        "encoding: windows-1252 decodes them",
    ),
    "UTF-16 cut inside of a character": (
        PLAIN.encode("utf-16")[:-1],
        "a.csv",
        {},
        "truncated: ends inside of a character",
    ),
    "UTF-8 cut inside of a character": (
        PLAIN.encode()[: PLAIN.encode().index("é".encode()) + 1],
        "a.csv",
        {},
        "truncated: ends inside of a character",
    ),
    "a .txt file without a declared delimiter": (
        PLAIN.encode(),
        "a.txt",
        {},
        "unknown_format: the suffix .txt has no delimiter of its own: the source declares csv.deli",
    ),
    "another delimiter": (
        PLAIN.replace(",", ";").encode(),
        "a.csv",
        {},
        "not separated by ',' but by ';': the source declares it as csv.delimiter",
    ),
    "names in another case": (
        PLAIN.replace("id,card", " ID ,Card", 1).encode(),
        "a.csv",
        {},
        "may declare match_header: folded",
    ),
    "a name that resembles another": (
        PLAIN.replace("sum", "summe", 1).encode(),
        "a.csv",
        {},
        "'summe' resembles 'sum': correct columns of the source",
    ),
    "a header where none is declared": (
        PLAIN.encode(),
        "a.csv",
        {"csv": {"header": NAMES}},
        "the first line is a header, though the source names the columns in csv.header",
    ),
    "a file without its footer": (
        PLAIN.encode(),
        "a.csv",
        {"csv": {"footer": ["Total", "Sum"]}},
        "truncated: does not end with the footer that the source declares as csv.footer",
    ),
    "a file that ends before its header": (
        b"Report\n",
        "a.csv",
        {"csv": {"skip_lines": 2}},
        "truncated: ends before its header",
    ),
    "an unnamed format": (PLAIN.encode(), "a.docx", {}, "not one of: csv, tsv, txt, jsonl, json"),
    "an old workbook": (b"x", "a.xls", {}, ".xls is an old workbook; save it as .xlsx"),
    "a format that the feed does not list": (
        PLAIN.encode(),
        "a.tsv",
        {"formats": ["csv"]},
        "its formats list tsv too",
    ),
    "two names that are one": (
        PLAIN.replace("id,card", "id,ID", 1).encode(),
        "a.csv",
        {"match_header": "folded"},
        "duplicate_column",
    ),
}


@pytest.mark.parametrize(("content", "name", "keys", "reason"), HELD.values(), ids=HELD.keys())
def test_another_form_is_held_with_the_key_that_reads_it(
    content: bytes, name: str, keys: dict[str, Any], reason: str
) -> None:
    assert reason in held(content, name, a_feed(**keys))


def test_the_lines_around_the_rows_are_counted_and_noted() -> None:
    content = f"Report\n\n{PLAIN}Total\nPage 1"
    feed = a_feed(
        csv={"skip_lines": 2, "footer": ["Total", "Page"], "final_line_break": "optional"}
    )

    landed = land(content.encode(), "a.csv", feed)

    assert landed.rows == [row | {"row_number": row["row_number"]} for row in WANTED]
    assert landed.lines is not None
    assert (landed.lines.header, landed.lines.total) == (5, 8)
    assert landed.notes == [
        "2 lines before the header and 2 after the last row are no rows, as the source declares"
    ]


def test_a_row_like_the_footer_inside_of_the_file_is_a_row() -> None:
    row = ("Total", "c9", "m9", "2026-03-01T10:00:00", "1")

    landed = land(f"{text(row, *ROWS)}Total,3\n".encode(), "a.csv", a_feed(csv={"footer": "Total"}))

    assert [each["transaction_id"] for each in landed.rows] == ["Total", "t1", "t2", "t3"]


@pytest.mark.parametrize("is_multiline", [False, True])
def test_a_backslash_may_escape_a_quote(is_multiline: bool) -> None:
    shop = '"the \\"best\\" \\\\ shop, open"'
    break_in = '"two\nlines"' if is_multiline else '"one line"'
    content = PLAIN.replace("Café Müller", shop).replace("m2", break_in)
    csv = {"escape": "backslash", "multiline_fields": is_multiline}

    landed = land(content.encode(), "a.csv", a_feed(csv=csv))

    assert landed.shops == (
        ["m1", 'the "best" \\ shop, open']
        if is_multiline
        else [
            "m1",
            'the "best" \\ shop, open',
            "one line",
        ]
    )
    assert len(landed.rejected) == is_multiline  # a line break is no part of an identifier
    assert "csv.escape: backslash" in held(content.encode(), "a.csv", a_feed())


def test_rejected_lines_keep_their_number_and_their_text_in_any_encoding() -> None:
    content = f"Report\n{PLAIN}t4;c4;Müller\n".replace(",", ";")
    feed = a_feed(csv={"delimiter": ";", "skip_lines": 1})

    landed = land(content.encode("utf-16"), "a.csv", feed)

    ((reason, record),) = landed.rejected
    assert (reason, record.text, record.line_number) == ("wrong_field_count", "t4;c4;Müller", 6)


def test_the_decoded_copy_is_limited() -> None:
    assert "too_large" in held(PLAIN.encode("utf-16"), "a.csv", a_feed(), small(text_bytes=50))


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown encoding": ({"encoding": "klingon"}, "is not one of the encodings"),
    "a name twice in a header": ({"csv": {"header": ["a", "a"]}}, "names a column twice: a"),
    "the delimiter as quote": ({"csv": {"delimiter": "|", "quote": "|"}}, "the same character"),
    "an escape without quotes": (
        {"csv": {"quoting": "none", "escape": "backslash"}},
        "only a quoted field",
    ),
    "an empty key in a path": ({"json": {"records": "a..b"}}, "a key of the path is empty"),
    "a pattern out of the folder": ({"files": "../*.csv"}, "is not a pattern of names"),
    "names that folding makes equal": (
        {"match_header": "folded", "refused": ["ID"]},
        "differ in case or blanks only",
    ),
}


@pytest.mark.parametrize(("keys", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_form_that_cannot_be_is_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        a_feed(**keys)
