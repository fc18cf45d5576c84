"""The verdict and the values of a row do not depend on its neighbours or on the format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features.ingest.checks import Rules, check
from features.ingest.chunks import Header
from features.ingest.limits import DEFAULT
from features.ingest.lines import LineTally
from features.ingest.readers.csv_files import csv_chunks
from features.ingest.readers.json_files import json_chunks
from features.ingest.readers.parquet_files import parquet_chunks
from features.ingest.spool import spooled
from features.ingest.text import text_of
from features.sources import descriptions
from features.sources.file_forms import FileFormat
from features.sources.mapping import SourceFeed
from tests.property.ingest.hostile import PLAIN, VALUES

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SOURCES = descriptions.load("synthetic")

Row = Mapping[str, str]
Verdict = tuple[str, str] | dict[str, Any]


def _csv(rows: Sequence[Row], quoting: Literal[0, 1] = csv.QUOTE_MINIMAL) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n", quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _quoted_csv(rows: Sequence[Row]) -> bytes:
    return _csv(rows, csv.QUOTE_ALL)


def _jsonl(rows: Sequence[Row]) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def _parquet(rows: Sequence[Row]) -> bytes:
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pylist([dict(row) for row in rows]), sink)
    return sink.getvalue()


WRITERS = (
    (_csv, FileFormat.CSV),
    (_quoted_csv, FileFormat.CSV),
    (_jsonl, FileFormat.JSONL),
    (_parquet, FileFormat.PARQUET),
)


def verdicts(feed: SourceFeed, content: bytes, kind: FileFormat) -> dict[int, Verdict]:
    """Return for each row number either its reason and column or its typed values."""
    rules, header = Rules(feed, SOURCES.provenance_rank, NOW, DEFAULT), Header()
    by_row: dict[int, Verdict] = {}
    with spooled(io.BytesIO(content), DEFAULT) as spool:
        if kind is FileFormat.PARQUET:
            chunks = list(parquet_chunks(spool, feed, header, DEFAULT))
        else:
            chunks_of = csv_chunks if kind is FileFormat.CSV else json_chunks
            with text_of(spool, feed=feed, limits=DEFAULT) as text:
                lines = LineTally(text.lines)
                chunks = list(chunks_of(text.rewound(), feed, header, DEFAULT, lines))
    for chunk in chunks:
        checked = check(chunk, rules)
        rows, reasons, details = checked.verdicts.rejected()
        by_row |= {
            int(chunk.row_numbers[row]): (str(reason), detail.partition(":")[0])
            for row, reason, detail in zip(rows, reasons, details, strict=True)
        }
        by_row |= {row.row_number: (str(row.reason), "") for row in chunk.malformed}
        by_row |= {row.pop("row_number"): row for row in checked.typed.to_pylist()}
    return by_row


@st.composite
def neighbours(draw: st.DrawFn, feed: str) -> tuple[list[Row], int]:
    """Draw rows with a few hostile values each, and the position of one row."""
    names = list(SOURCES.feeds[feed].columns)
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        changed = draw(st.sets(st.sampled_from(sorted(VALUES[feed])), max_size=3))
        values = {name: draw(st.sampled_from(VALUES[feed][name])) for name in sorted(changed)}
        rows.append({name: values.get(name, PLAIN[feed].get(name, "")) for name in names})
    return rows, draw(st.integers(0, len(rows) - 1))


def _holds(name: str, rows: list[Row], place: int) -> None:
    feed = SOURCES.feeds[name]
    alone = [verdicts(feed, write([rows[place]]), kind)[1] for write, kind in WRITERS]
    among = [verdicts(feed, write(rows), kind)[place + 1] for write, kind in WRITERS]

    assert alone == among
    assert len(set(map(repr, alone))) == 1


@settings(deadline=None, max_examples=100)
@given(neighbours("transactions"))
def test_a_transaction_has_the_same_verdict_alone_and_among_others_in_every_format(
    drawn: tuple[list[Row], int],
) -> None:
    _holds("transactions", *drawn)


@settings(deadline=None, max_examples=60)
@given(neighbours("applications"))
def test_an_application_has_the_same_verdict_alone_and_among_others_in_every_format(
    drawn: tuple[list[Row], int],
) -> None:
    _holds("applications", *drawn)


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(
        ["fx_rates", "transaction_labels", "application_labels", "applicant_attributes"]
    ).flatmap(lambda feed: st.tuples(st.just(feed), neighbours(feed)))
)
def test_rates_labels_and_attributes_have_the_same_verdict_alone_and_among_others(
    drawn: tuple[str, tuple[list[Row], int]],
) -> None:
    _holds(drawn[0], *drawn[1])


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(
        ["promotions", "purchase_orders", "stock_movements", "stock_levels", "products"]
    ).flatmap(lambda feed: st.tuples(st.just(feed), neighbours(feed)))
)
def test_rows_of_stock_have_the_same_verdict_alone_and_among_others(
    drawn: tuple[str, tuple[list[Row], int]],
) -> None:
    _holds(drawn[0], *drawn[1])


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        # a byte order mark that does not begin a file
        ("transaction_id", "\ufeffa", "invisible_character"),
        ("timestamp", "2100-01-01T00:00:00Z", "timestamp_not_a_time"),
    ],
)
def test_a_value_has_the_same_verdict_in_the_first_row_and_in_the_second(
    name: str, value: str, reason: str
) -> None:
    row = {**PLAIN["transactions"], name: value}
    rows = [{**PLAIN["transactions"], "timestamp": "now"}, row]
    feed = SOURCES.feeds["transactions"]

    for write, kind in WRITERS:
        assert verdicts(feed, write([row]), kind)[1] == (reason, name)
        assert verdicts(feed, write(rows), kind)[2] == (reason, name)


JSON_VALUES = st.sampled_from(
    [
        *('"c1"', "12", "596.0", "1e5", "true", "null", "NaN", "Infinity", "-Infinity", '""', "[]"),
        *(
            '["a"]',
            '["a", 1]',
            "{}",
            '{"a": 1}',
            '"NaN"',
            '"\\ud800"',
            '"\\u0000"',
            "1" * 400,
            "[[]]",
        ),
        *('"a|b"', '["a", null]', "-0", "1.0", "01", "'a'", "1.", ".5"),
    ]
)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["customer_id", "channel", "amount", "customer_segments", "type"]),
            JSON_VALUES,
        ),
        min_size=1,
        max_size=5,
    )
)
@example([("customer_segments", '"a|b"'), ("customer_segments", '["a"]')])
@example([("customer_id", '"c1"'), ("customer_id", "12")])
def test_a_json_line_has_the_same_verdict_alone_and_among_others(
    drawn: list[tuple[str, str]],
) -> None:
    feed = SOURCES.feeds["transactions"]
    lines = []
    for name, value in drawn:
        fields = {key: json.dumps(text) for key, text in PLAIN["transactions"].items()}
        fields[name] = value
        lines.append("{" + ", ".join(f'"{key}": {text}' for key, text in fields.items()) + "}\n")

    among = verdicts(feed, "".join(lines).encode(), FileFormat.JSONL)

    for place, line in enumerate(lines, start=1):
        assert verdicts(feed, line.encode(), FileFormat.JSONL)[1] == among[place]
