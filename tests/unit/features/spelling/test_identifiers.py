"""Identifiers of several columns, of the whole row and with prefixes never collide."""

from __future__ import annotations

import io
from pathlib import Path

from features.ingest.checks import Rules, check
from features.ingest.chunks import Header
from features.ingest.limits import DEFAULT
from features.ingest.lines import LineTally
from features.ingest.readers.csv_files import csv_chunks
from features.sources import descriptions
from features.sources.mapping import SourceFeed
from tests.unit.features.spelling.shop import NOW, judged, reasons, values

ID = "transaction_id"
LOANS = """
description: Loans without an identifier.
time_zone: UTC
maturity_days: 0
provenance_rank: [bank]
feeds:
  applications:
    columns:
      application_id: {generate: content_hash}
      applied_at: {constant: "2020-01-01T00:00:00Z"}
      loan_amnt: sum
      term: {constant: "12"}
      currency: {constant: EUR}
    is_applicant_unknown: true
    refused: [age, bad, paid_back]
  application_labels:
    folder: landing/loans/applications
    columns:
      application_id: {generate: content_hash}
      outcome: bad
      provenance: {constant: bank}
    outcomes: {"0": fully_paid, "1": charged_off}
"""


def test_a_composite_id_escapes_its_separator(tmp_path: Path) -> None:
    columns = {ID: {"columns": ["first", "second"]}}

    checked = judged(tmp_path, columns, {"first": ["1", "1|", "1\\"], "second": ["|2", "2", "2"]})

    assert values(checked, ID) == [r"1|\|2", r"1\||2", r"1\\|2"]


def test_a_composite_id_needs_all_its_parts(tmp_path: Path) -> None:
    columns = {ID: {"columns": ["first", "second"], "separator": "-"}}

    checked = judged(tmp_path, columns, {"first": ["1", "", "596.0"], "second": ["2", "2", "2"]})

    assert values(checked, ID) == ["1-2"]
    assert reasons(checked) == ["missing_value", "identifier_in_float_notation"]


def test_a_card_number_is_searched_in_the_parts_of_a_composite_id(tmp_path: Path) -> None:
    columns = {ID: {"columns": ["day", "paid", "card"]}}
    delivered = {
        "day": ["22.01.2024", "22.01.2024"],
        "paid": ["2.241,06-", "5,00"],
        "card": ["c1", "4111 1111 1111 1111"],
    }

    checked = judged(tmp_path, columns, delivered)

    assert values(checked, ID) == ["22.01.2024|2.241,06-|c1"]
    assert reasons(checked) == ["card_number"]


def test_an_identifier_of_an_export_in_floating_point_is_its_whole_number(tmp_path: Path) -> None:
    columns = {"customer_id": {"column": "card", "floats": "whole"}}
    cards = ["596.0", "597", "1.5", "1.2E+17", "1234567890123456.0", "A-7"]

    checked = judged(tmp_path, columns, {"card": cards})

    assert values(checked, "customer_id") == ["596", "597", "A-7"]
    assert reasons(checked) == ["identifier_in_float_notation"] * 3


def test_a_delivered_column_may_serve_an_id_and_a_time(tmp_path: Path) -> None:
    columns = {ID: {"columns": ["card", "at"]}, "device_id": "card"}

    checked = judged(tmp_path, columns, {"card": ["c7"]})

    assert values(checked, ID) == ["c7|2026-02-01T10:00:00Z"]
    assert values(checked, "device_id") == ["c7"]


def test_a_content_hash_depends_on_each_delivered_column(tmp_path: Path) -> None:
    columns = {ID: {"generate": "content_hash"}}
    rows = {"id": ["1", "1", "1"], "sum": ["1", "1", "2"], "note": ["a", "a", "a"]}

    first, again, other = values(judged(tmp_path, columns, rows), ID)
    noted = values(judged(tmp_path, columns, {**rows, "note": ["b", "a", "a"]}), ID)

    assert first == again
    assert first != other
    assert noted[0] != first
    assert len(first) == 64


def test_a_content_hash_does_not_depend_on_column_order_labels_or_empty_columns(
    tmp_path: Path,
) -> None:
    columns = {ID: {"generate": "content_hash"}}
    label = {"column": "bad", "latency": "7d", "provenance": "bank"}
    rows = {"sum": ["1"], "note": ["a"]}

    ids = [
        values(judged(tmp_path, columns, delivered, inline_label=label), ID)
        for delivered in (
            rows,
            {"note": ["a"], "sum": ["1"]},
            {**rows, "bad": ["1"]},
            {**rows, "new": [""]},
        )
    ]

    assert ids.count(ids[0]) == 4


def test_names_and_values_of_a_row_cannot_be_exchanged(tmp_path: Path) -> None:
    columns = {ID: {"generate": "content_hash"}}

    one = values(judged(tmp_path, columns, {"a": ["x"], "b": ["1:yz"]}), ID)
    two = values(judged(tmp_path, columns, {"a": ["x1:y"], "b": ["z"]}), ID)

    assert one != two


def test_identifiers_may_have_a_prefix_and_lose_their_blanks(tmp_path: Path) -> None:
    columns = {"merchant_id": {"column": "shop", "prefix": "pos-", "trim": True}}

    checked = judged(tmp_path, columns, {"shop": [" 7", "8\u00a0", "  "]})

    assert values(checked, "merchant_id") == ["pos-7", "pos-8"]
    assert reasons(checked) == ["missing_value"]


def test_an_application_and_its_outcome_in_one_file_have_one_generated_id(tmp_path: Path) -> None:
    path = tmp_path / "loans.yaml"
    path.write_text(LOANS)
    feeds = descriptions.load(str(path)).feeds
    rows = b"sum,age,bad,paid_back\n900,30,0,900\n800,31,1,100\n"

    found = {name: _ids(rows, feed) for name, feed in feeds.items()}

    assert len(set(found["applications"])) == 2
    assert found["applications"] == found["application_labels"]


def _ids(rows: bytes, feed: SourceFeed) -> list[str]:
    header = Header()
    chunks = csv_chunks(io.BytesIO(rows), feed, header, DEFAULT, LineTally(3))
    rules = Rules(feed, ("bank",), NOW, DEFAULT)
    return [row for each in chunks for row in values(check(each, rules), "application_id")]
