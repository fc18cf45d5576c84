"""Parsing never changes a value, never loads half a row, and is deterministic."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features.ingest import cards
from features.ingest.checks import Rules, check
from features.ingest.chunks import Chunk, Header
from features.ingest.limits import DEFAULT
from features.ingest.lines import LineTally
from features.ingest.numbers import MAX_MINOR
from features.ingest.readers.csv_files import csv_chunks
from features.ingest.readers.json_files import json_chunks
from features.ingest.reasons import HeldError
from features.ingest.spool import spooled
from features.ingest.suffixes import Packing
from features.ingest.text import text_of
from features.ingest.unpack import unpacked
from features.platform.currencies import EXPONENTS
from features.sources import descriptions
from features.sources.file_forms import FileFormat
from features.sources.mapping import NULL_TOKENS

SOURCE = descriptions.load("synthetic")
FEED = SOURCE.feeds["transactions"]
RULES = Rules(FEED, SOURCE.provenance_rank, datetime(2026, 6, 1, tzinfo=UTC), DEFAULT)
NAMES = (
    "transaction_id",
    "customer_id",
    "merchant_id",
    "timestamp",
    "amount",
    "currency",
    "type",
    "card_bin",
    "ip_address",
    "device_id",
    "location",
    "channel",
)
PLAIN = ["t", "c", "m", "2026-03-01T10:00:00Z", "1.00", "USD", "1", "411111", "ip", "d", "l", "ch"]

UNSEEN = ("Cs", "Cc", "Cf", "Zs", "Zl", "Zp", "Mn")
TEXT = st.text(
    st.characters(exclude_categories=UNSEEN, exclude_characters="\u115f\u1160\u3164\uffa0\u2800"),
    min_size=1,
    max_size=30,
).filter(
    lambda text: (
        text not in NULL_TOKENS
        and not re.fullmatch(r"[-+.,eE0-9]*", text)
        and not cards.has_card_number(text)
    )
)


def _read(content: bytes, kind: FileFormat, *, zipped: bool = False) -> Iterator[Chunk]:
    with (
        spooled(io.BytesIO(content), DEFAULT) as spool,
        unpacked(spool, Packing.GZIP if zipped else None, DEFAULT) as (plain, _),
        text_of(plain, feed=FEED, limits=DEFAULT) as text,
    ):
        chunks_of = csv_chunks if kind is FileFormat.CSV else json_chunks
        lines = LineTally(text.lines)
        yield from chunks_of(text.rewound(), FEED, Header(), DEFAULT, lines)
        assert lines.total == text.lines


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([NAMES, *rows])
    return text.getvalue().encode()


@settings(deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=20))
def test_ids_come_through_csv_and_json_unchanged(ids: list[tuple[str, str, str]]) -> None:
    rows = [[*three, *PLAIN[3:]] for three in ids]
    lines = "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in rows)

    for content, kind in ((_csv(rows), FileFormat.CSV), (lines.encode(), FileFormat.JSONL)):
        tables = [check(chunk, RULES).typed for chunk in _read(content, kind)]
        typed = pa.concat_tables(tables).select(["transaction_id", "customer_id", "merchant_id"])
        assert [tuple(row.values()) for row in typed.to_pylist()] == ids


@settings(deadline=None)
@given(st.integers(1, MAX_MINOR), st.sampled_from(sorted(EXPONENTS)))
def test_every_amount_survives_to_the_digit(minor: int, currency: str) -> None:
    amount = Decimal(minor).scaleb(-EXPONENTS[currency])
    if amount >= 10**13:
        amount, minor = Decimal(1), 10 ** EXPONENTS[currency]
    row = [*PLAIN[:4], f"{amount:f}", currency, *PLAIN[6:]]

    typed = check(next(_read(_csv([row]), FileFormat.CSV)), RULES).typed

    assert typed["amount_minor"].to_pylist() == [minor]


@settings(deadline=None)
@given(st.datetimes(datetime(2000, 1, 2), datetime(2026, 5, 30)), st.integers(-14, 14))
def test_every_instant_survives_with_any_offset(local: datetime, hours: int) -> None:
    for fault in (False, True):  # a fault beside it takes the slow path
        text = f"{local.isoformat()}{hours:+03}:00"
        rows = [[*PLAIN[:3], text, *PLAIN[4:]]]
        rows += [["t2", *PLAIN[1:3], "never", *PLAIN[4:]]] if fault else []

        typed = check(next(_read(_csv(rows), FileFormat.CSV)), RULES).typed

        assert typed["occurred_at"].to_pylist() == [datetime.fromisoformat(text).astimezone(UTC)]


@settings(deadline=None)
@example("+0")
@example("+1.5")
@example("-0")
@example("1.")
@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40))
def test_no_text_breaks_the_checks(text: str) -> None:
    columns = {name: pa.array([text], pa.string()) for name in NAMES}
    checked = check(Chunk(columns, np.array([1], np.int64)), RULES)

    assert not checked.verdicts.passed.any()
    assert checked.typed.num_rows == 0


@settings(deadline=None)
@given(st.permutations(list(range(6))))
def test_the_verdict_of_a_row_does_not_depend_on_its_neighbours(order: list[int]) -> None:
    rows = [
        PLAIN,
        [*PLAIN[:4], "-1", *PLAIN[5:]],
        [*PLAIN[:4], "1.234", *PLAIN[5:]],
        [*PLAIN[:3], "2026-03-01", *PLAIN[4:]],
        [*PLAIN[:5], "JPY", *PLAIN[6:]],
        [*PLAIN[:9], "4111111111111111", *PLAIN[10:]],
    ]
    expected = [True, False, False, False, True, False]

    chunk = next(_read(_csv([rows[index] for index in order]), FileFormat.CSV))

    passed = check(chunk, RULES).verdicts.passed.tolist()
    assert passed == [expected[index] for index in order]


def _rows_of(content: bytes, kind: FileFormat, *, zipped: bool) -> int | None:
    try:
        return sum(len(chunk.row_numbers) for chunk in _read(content, kind, zipped=zipped))
    except HeldError:
        return None


def test_a_file_cut_anywhere_never_loads_half_a_row() -> None:
    rows = [
        [f"t{i}", *PLAIN[1:4], "1.00", *PLAIN[5:9], 'a "quoted", d', *PLAIN[10:]] for i in range(5)
    ]
    whole = _csv(rows)

    for cut in range(len(whole)):
        loaded = _rows_of(whole[:cut], FileFormat.CSV, zipped=False)
        complete = whole[:cut].count(b"\n") - 1
        assert loaded is None or (whole[cut - 1 : cut] == b"\n" and loaded == complete)


def test_a_gzip_cut_anywhere_is_held() -> None:
    whole = gzip.compress(_csv([[f"t{i}", *PLAIN[1:]] for i in range(50)]))

    assert _rows_of(whole, FileFormat.CSV, zipped=True) == 50
    for cut in range(len(whole)):
        assert _rows_of(whole[:cut], FileFormat.CSV, zipped=True) is None


@settings(max_examples=200, deadline=None)
@given(st.from_regex(r"[0-9]{12,18}", fullmatch=True), st.sampled_from(["", " ", "-"]))
def test_every_card_number_is_found_and_masked(body: str, separator: str) -> None:
    digit = next(d for d in "0123456789" if cards.passes_luhn(body + d))
    digits = body + digit
    groups = [digits[i : i + 4] for i in range(0, len(digits), 4)]
    if separator and len(groups[-1]) < 3:
        groups[-2:] = [groups[-2] + groups[-1]]
    number = separator.join(groups)

    assert cards.card_numbers(pa.array([f"x{number}y", number, "none"])).tolist() == [
        True,
        True,
        False,
    ]
    masked = cards.mask(number)
    kept = [char for char in masked if char.isdigit()]
    assert "".join(kept) == digits[:6] + digits[-4:]
    assert len(masked) == len(number)


@settings(deadline=None)
@given(st.lists(st.from_regex(r"[0-9]{1,25}", fullmatch=True), min_size=1, max_size=20))
def test_the_test_by_columns_agrees_with_the_test_by_value(values: list[str]) -> None:
    by_column = cards.card_numbers(pa.array(values)).tolist()

    assert by_column == [cards.has_card_number(value) for value in values]


def test_the_description_of_every_source_is_complete() -> None:
    for path in Path(descriptions.FOLDER).glob("*.yaml"):
        described: Any = descriptions.load(path.stem)
        assert described.feeds
