"""Rows of a JSON document are read one by one; nested keys are paths."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.features.ingest.reading import COLUMNS, ROWS, a_feed, held, land, small, text

NESTED_COLUMNS = {**COLUMNS, "merchant_id": "shop.name"}
NESTED = [
    {"id": n, "card": c, "shop": {"name": m, "tags": [{"a": 1}]}, "at": at, "sum": float(amount)}
    for n, c, m, at, amount in ROWS
]
WANTED = land(text(*ROWS).encode(), "a.csv", a_feed()).rows
PAGE = {"meta": {"rows": 3}, "data": {"x": [1, 2], "items": NESTED, "y": {}}, "next": None}


def _feed(**keys: Any) -> Any:
    return a_feed(columns=NESTED_COLUMNS, **keys)


READ: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a list": (json.dumps(NESTED), "a.json", {}),
    "a list over many lines": (json.dumps(NESTED, indent=2), "a.json", {}),
    "one object per line": ("\n".join(map(json.dumps, NESTED)), "a.json", {}),
    "JSON lines": ("".join(json.dumps(row) + "\n" for row in NESTED), "a.jsonl", {}),
    "a list at a path": (json.dumps(PAGE, indent=1), "a.json", {"json": {"records": "data.items"}}),
    "another separator": (
        json.dumps(PAGE),
        "a.json",
        {
            "json": {"records": "data/items", "path_separator": "/"},
            "columns": {**NESTED_COLUMNS, "merchant_id": "shop/name"},
        },
    ),
    "keys in another case": (
        json.dumps(NESTED).replace('"id"', '"ID"'),
        "a.json",
        {"match_header": "folded"},
    ),
}


@pytest.mark.parametrize(("content", "name", "keys"), READ.values(), ids=READ.keys())
def test_every_form_of_json_gives_the_same_rows(
    content: str, name: str, keys: dict[str, Any]
) -> None:
    landed = land(content.encode(), name, a_feed(**{"columns": NESTED_COLUMNS, **keys}))

    assert landed.rows == WANTED
    assert landed.rejected == []


DOCUMENT = json.dumps(PAGE, indent=1)
AT_PATH = {"json": {"records": "data.items"}}
HELD: dict[str, tuple[str, dict[str, Any], str]] = {
    "rows at a path that is not declared": (DOCUMENT, {}, "json.records: 'data.items'"),
    "the same in one line": (json.dumps(PAGE) + "\n", {}, "json.records: 'data.items'"),
    "no such key": (
        DOCUMENT,
        {"json": {"records": "data.rows"}},
        "json.records: the document has no key 'rows' there; it has 'x', 'items', 'y'",
    ),
    "a path to no list": (DOCUMENT, {"json": {"records": "data.y"}}, "json.records names no list"),
    "a list and a path": (json.dumps(NESTED), AT_PATH, "needs no json.records"),
    "a broken row": (DOCUMENT.replace("7.0", "tru"), AT_PATH, "unreadable: line 25: no JSON"),
    "text behind the end": (f"{DOCUMENT}x", AT_PATH, "text follows the end of the document"),
    "the list twice": (
        json.dumps(PAGE).replace('"y": {}', '"items": []'),
        AT_PATH,
        "the key 'items' occurs twice",
    ),
    "an empty file": ("", {}, "truncated: "),
    "a text": ('"rows"', {}, "the document is no list of rows"),
    "rows without the id": (json.dumps([{"card": "c"}]), {}, "missing_column: lacks"),
}


@pytest.mark.parametrize(("content", "keys", "reason"), HELD.values(), ids=HELD.keys())
def test_another_document_is_held(content: str, keys: dict[str, Any], reason: str) -> None:
    assert reason in held(content.encode(), "a.json", _feed(**keys))


def test_a_document_cut_anywhere_is_held_as_truncated() -> None:
    content = DOCUMENT.encode()

    for cut in range(1, len(content) - 1, 23):
        assert held(content[:cut], "a.json", _feed(**AT_PATH)).startswith("truncated: "), cut


def test_an_empty_list_is_an_empty_delivery() -> None:
    assert land(b" [ ] ", "a.json", _feed()).rows == []


def test_a_malformed_row_is_rejected_with_its_text_and_line() -> None:
    rows = [json.dumps(row) for row in NESTED]
    rows[1] = rows[1].replace('"t2"', "NaN")
    twice = '{"id": "t9", "id": "t8"}'

    inside = ",\n".join([*rows, twice, "3"])

    landed = land(f"[\n{inside}\n]".encode(), "a.json", _feed())

    assert [row["transaction_id"] for row in landed.rows] == ["t1", "t3"]
    assert [(reason, record.line_number) for reason, record in landed.rejected] == [
        ("malformed_json", 3),
        ("malformed_json", 5),
        ("malformed_json", 6),
    ]
    assert landed.rejected[1][1].text == twice


def test_an_object_in_place_of_a_value_rejects_the_row() -> None:
    rows = [row | {"sum": {"value": 1}} if row["id"] == "t2" else row for row in NESTED]

    landed = land(json.dumps(rows).encode(), "a.json", _feed())

    assert [reason for reason, _ in landed.rejected] == ["malformed_json"]
    assert len(landed.rows) == 2


def test_a_row_is_limited_and_a_list_is_read_in_parts() -> None:
    many = [row | {"id": f"{n}-{row['id']}"} for n in range(100) for row in NESTED]
    limits = small(row_bytes=2000)

    landed = land(json.dumps(many).encode(), "a.json", _feed(), limits)

    assert [row["row_number"] for row in landed.rows] == list(range(1, 301))
    huge = [NESTED[0] | {"note": "x" * 200_000}]
    assert "a value over 2000 bytes" in held(json.dumps(huge).encode(), "a.json", _feed(), limits)


def test_deep_nesting_is_held() -> None:
    assert held(b'[{"a":' * 100_000, "a.json", _feed()).startswith(("unreadable", "truncated"))
