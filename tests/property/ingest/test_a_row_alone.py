"""The verdict and the value of a row depend on the row alone: not on its neighbours or format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features import sources
from features.feeds import Feed, FileFormat
from features.ingest.checks import Rules, check
from features.ingest.chunks import Header
from features.ingest.csv_files import csv_chunks
from features.ingest.json_files import json_chunks
from features.ingest.limits import DEFAULT
from features.ingest.lines import LineTally
from features.ingest.parquet_files import parquet_chunks
from features.ingest.spool import spooled, text_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SOURCES = sources.load("synthetic")

NUMBERS = (
    *("0", "1", "-1", "+1", "1.0", "01", "1.", ".5", "1e5", "1E-3", "1e-120", "1e400", "-0", "1_0"),
    *("inf", "-inf", "nan", "NaN", "0x10", "1,5", "1 000", " 1", "1 ", "n/a", "", "NULL", "\\N"),
    *(
        "9" * 19,
        "9" * 45,
        "1.5%",
        "٣",
        "²",
        "1e",
        "e5",
        "--1",
        "1.2.3",
        "0.1e1000",
        "$1",
        "1.23E+11",
    ),
)
TIMES = (
    *("2026-03-01T10:00:00Z", "2026-03-01T10:00:00+01:00", "2026-03-01 10:00:00Z", "2026-03-01"),
    *(
        "2026-03-01T10:00Z",
        "2026-03-01T10Z",
        "2026-03-01T10:00:00.123456789Z",
        "2026-02-30T00:00:00Z",
    ),
    *(
        "2026-03-01T10:00:00",
        "2100-01-01T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "2026-03-01T24:00:00Z",
    ),
    *(
        "2026-03-01T10:00:60Z",
        "2026-03-01T10:00:00z",
        "2026-03-01T10:00:00+15:00",
        "2024-02-29T00:00:00Z",
    ),
    *(
        "2026-03-01T10:00:00 Z",
        "20260301T100000Z",
        "2026-3-1T10:00:00Z",
        "2026-W10-1",
        "now",
        "",
        "NULL",
    ),
    *("2026-03-01T10:00:00-0030", "2027-01-01T00:00:00Z", "1.7e9", "1772359200"),
)
TEXTS = (
    *(
        "x",
        "",
        "NULL",
        "nan",
        "None",
        "\\N",
        "null",
        "NA",
        "596.0",
        "1e5",
        "12e4",
        "a b",
        " a",
        "a ",
    ),
    *(
        "a\u00a0",
        "a\u200b",
        "é",
        "\ufeffa",
        "4111111111111111",
        "'; drop table x; --",
        'a"b',
        "a,b",
    ),
    *(
        "x" * 300,
        "x" * 5000,
        "true",
        "[1]",
        "{}",
        "\x7f",
        "\u2028",
        "|",
        "a|b",
        "a||b",
        "😀",
        "\x1b[31m",
    ),
)
VALUES = {
    "transactions": {
        **dict.fromkeys(("transaction_id", "customer_id", "merchant_id", "device_id"), TEXTS),
        **dict.fromkeys(("card_bin", "ip_address", "location", "channel"), TEXTS),
        **dict.fromkeys(("amount", "type", "merchant_risk_score", "card_risk_score"), NUMBERS),
        **dict.fromkeys(("is_velocity_alert", "is_high_value"), ("1", "true", "f", "yes", "", "2")),
        "timestamp": TIMES,
        "currency": ("USD", "JPY", "KWD", "usd", "XXX", "", "NULL", "US D"),
        "customer_segments": TEXTS,
    },
    "applications": {
        **dict.fromkeys(("application_id", "customer_id", "purpose", "home_ownership"), TEXTS),
        **dict.fromkeys(("loan_amnt", "annual_inc", "revol_bal", "dti", "revol_util"), NUMBERS),
        **dict.fromkeys(("fico_range_low", "fico_range_high"), ("700", "704", "999", "700.0", "x")),
        **dict.fromkeys(("open_acc", "total_acc", "pub_rec", "inq_last_6mths"), NUMBERS),
        "term": ("36 months", "36", " 36 months", "0", "9999", "three years", ""),
        "emp_length": ("5 years", "< 1 year", "10+ years", "n/a", "N/A", "11 years", ""),
        "applied_at": TIMES,
        "earliest_cr_line": (
            "1931-04-01",
            "2009-04-01",
            "2031-01-01",
            "Apr-2009",
            "1899-01-01",
            "",
        ),
        "currency": ("USD", "JPY", "", "usd"),
    },
}
PLAIN = {
    "transactions": {
        "transaction_id": "t",
        "customer_id": "c",
        "merchant_id": "m",
        "timestamp": "2026-03-01T10:00:00Z",
        "amount": "1.00",
        "currency": "USD",
        "type": "1",
        "card_bin": "411111",
        "ip_address": "192.0.2.1",
        "device_id": "d",
        "location": "US-NY",
        "channel": "web",
    },
    "applications": {
        "application_id": "a",
        "customer_id": "c",
        "applied_at": "2026-03-01T10:00:00Z",
        "loan_amnt": "7500",
        "term": "36 months",
        "currency": "USD",
    },
}
Row = Mapping[str, str]
Verdict = tuple[str, str] | dict[str, Any]


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _jsonl(rows: Sequence[Row]) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def _parquet(rows: Sequence[Row]) -> bytes:
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pylist([dict(row) for row in rows]), sink)
    return sink.getvalue()


WRITERS = {FileFormat.CSV: _csv, FileFormat.JSONL: _jsonl, FileFormat.PARQUET: _parquet}


def verdicts(feed: Feed, content: bytes, kind: FileFormat) -> dict[int, Verdict]:
    """Return, by the number of the row: its reason and column, or its typed values."""
    rules, header = Rules(feed, SOURCES.provenance_rank, NOW, DEFAULT), Header()
    found: dict[int, Verdict] = {}
    with spooled(io.BytesIO(content), DEFAULT) as spool:
        if kind is FileFormat.PARQUET:
            chunks = list(parquet_chunks(spool, feed, header, DEFAULT))
        else:
            read = csv_chunks if kind is FileFormat.CSV else json_chunks
            with text_of(spool, zipped=False, feed=feed, limits=DEFAULT) as text:
                lines = LineTally(text.lines)
                chunks = list(read(text.rewound(), feed, header, DEFAULT, lines))
    for chunk in chunks:
        checked = check(chunk, rules)
        rows, reasons, details = checked.verdicts.rejected()
        found |= {
            int(chunk.row_numbers[row]): (str(reason), detail.partition(":")[0])
            for row, reason, detail in zip(rows, reasons, details, strict=True)
        }
        found |= {row.row_number: (str(row.reason), "") for row in chunk.malformed}
        found |= {row.pop("row_number"): row for row in checked.typed.to_pylist()}
    return found


@st.composite
def neighbours(draw: st.DrawFn, feed: str) -> tuple[list[Row], int]:
    """Draw rows with a few hostile values each, and the place of one of them."""
    names = list(SOURCES.feeds[feed].columns)  # type: ignore[index]
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        changed = draw(st.sets(st.sampled_from(sorted(VALUES[feed])), max_size=3))
        values = {name: draw(st.sampled_from(VALUES[feed][name])) for name in sorted(changed)}
        rows.append({name: values.get(name, PLAIN[feed].get(name, "")) for name in names})
    return rows, draw(st.integers(0, len(rows) - 1))


def _holds(name: str, rows: list[Row], place: int) -> None:
    feed = SOURCES.feeds[name]  # type: ignore[index]
    alone = {kind: verdicts(feed, write([rows[place]]), kind)[1] for kind, write in WRITERS.items()}
    among = {kind: verdicts(feed, write(rows), kind)[place + 1] for kind, write in WRITERS.items()}

    assert alone == among
    assert len({repr(verdict) for verdict in alone.values()}) == 1


@settings(deadline=None, max_examples=100)
@given(neighbours("transactions"))
def test_a_transaction_means_the_same_alone_and_among_others_in_every_format(
    drawn: tuple[list[Row], int],
) -> None:
    _holds("transactions", *drawn)


@settings(deadline=None, max_examples=60)
@given(neighbours("applications"))
def test_an_application_means_the_same_alone_and_among_others_in_every_format(
    drawn: tuple[list[Row], int],
) -> None:
    _holds("applications", *drawn)


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
def test_a_json_line_means_the_same_alone_and_among_others(drawn: list[tuple[str, str]]) -> None:
    feed = SOURCES.feeds["transactions"]
    lines = []
    for name, value in drawn:
        fields = {key: json.dumps(text) for key, text in PLAIN["transactions"].items()}
        fields[name] = value
        lines.append("{" + ", ".join(f'"{key}": {text}' for key, text in fields.items()) + "}\n")

    among = verdicts(feed, "".join(lines).encode(), FileFormat.JSONL)

    for place, line in enumerate(lines, start=1):
        assert verdicts(feed, line.encode(), FileFormat.JSONL)[1] == among[place]
