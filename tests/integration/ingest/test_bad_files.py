"""An untrusted file is held as a whole with its reason, and loads no row."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from features.ingest import admit, discard, hold, release
from features.ingest.limits import DEFAULT
from features.platform.errors import BadDeliveryError

HEADER = (
    "transaction_id,customer_id,merchant_id,timestamp,amount,currency,type,card_bin,"
    "ip_address,device_id,location,channel"
)
ROW = "t1,c1,m1,2026-03-01T10:00:00Z,12.50,USD,1,411111,192.0.2.1,d1,US-NY,web"
WHOLE = f"{HEADER}\n{ROW}\n".encode()
LATIN = WHOLE.replace(b"web", "w\u00e9b".encode("latin-1"))


def _parquet(**columns: pa.Array) -> bytes:
    names = HEADER.split(",")
    values = dict(zip(names, (pa.array([value]) for value in ROW.split(",")), strict=True))
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(pa.table({**values, **columns}), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


HELD = {
    "Latin-1": ("csv", LATIN, "wrong_encoding"),
    "UTF-16 without a byte order mark": (
        "csv",
        WHOLE.decode().encode("utf-16-le"),
        "wrong_encoding",
    ),
    "NUL bytes": ("csv", WHOLE.replace(b"web", b"w\0b"), "wrong_encoding"),
    "a last line without its end": ("csv", WHOLE[:-5], "truncated"),
    "a quote that never closes": ("csv", WHOLE.replace(b"web", b'"web'), "truncated"),
    "a quoted field over two lines": (
        "csv",
        WHOLE + ROW.replace("web", '"we\nb"').encode() + b"\n",
        "multiline_field",
    ),
    "text behind a closing quote": ("csv", WHOLE.replace(b"web", b'"web" site'), "stray_quote"),
    "a gzip cut short": ("csv.gz", gzip.compress(WHOLE)[:-9], "truncated"),
    "a gzip with a wrong checksum": (
        "csv.gz",
        gzip.compress(WHOLE)[:-8] + b"\0\0\0\0" + gzip.compress(WHOLE)[-4:],
        "unreadable",
    ),
    "a gzip that is none": ("csv.gz", WHOLE, "unreadable"),
    "a gzip of nothing at all": ("csv.gz", b"", "truncated"),
    "an empty file": ("csv", b"", "missing_column"),
    "a missing column": ("csv", WHOLE.replace(b"customer_id,", b"", 1), "missing_column"),
    "a renamed column": ("csv", WHOLE.replace(b"amount", b"betrag"), "missing_column"),
    "a column that stands twice": ("csv", WHOLE.replace(b"type", b"amount"), "duplicate_column"),
    "another delimiter": ("csv", WHOLE.replace(b",", b";"), "missing_column"),
    "no header": ("csv", f"{ROW}\n".encode(), "missing_column"),
    "an unknown kind of file": ("xlsx", WHOLE, "unknown_format"),
    "a Parquet file cut short": ("parquet", _parquet()[:-20], "unreadable"),
    "a Parquet file that is none": ("parquet", WHOLE, "unreadable"),
    "a Parquet id in floating point": (
        "parquet",
        _parquet(customer_id=pa.array([1.0])),
        "wrong_type",
    ),
    "a Parquet device in floating point": (
        "parquet",
        _parquet(device_id=pa.array([596.0])),
        "wrong_type",
    ),
    "a Parquet id of flags": ("parquet", _parquet(customer_id=pa.array([True])), "wrong_type"),
    "a Parquet list where one value is wanted": (
        "parquet",
        _parquet(customer_id=pa.array([["c1", "c2"]])),
        "wrong_type",
    ),
    "a Parquet column of structs": (
        "parquet",
        _parquet(channel=pa.array([{"a": 1}])),
        "wrong_type",
    ),
    "JSON lines without the id": ("jsonl", b'{"amount": 1}\n', "missing_column"),
    "a JSON line without its end": ("jsonl", b'{"transaction_id": "t1"', "truncated"),
}


@pytest.mark.parametrize(("suffix", "content", "reason"), HELD.values(), ids=HELD.keys())
def test_a_file_is_held_with_its_reason(
    shared_intake: Any, suffix: str, content: bytes, reason: str
) -> None:
    path = shared_intake.deliver_new(content, suffix)

    receipts = [item for item in shared_intake.receive() if item.object_name == path]

    assert [item.state for item in receipts] == ["held"]
    assert receipts[0].reason.startswith(f"{reason}: ")
    assert receipts[0].landed_table is None
    assert receipts[0].rows_in_file is None
    assert shared_intake.rows("select count(*) from raw.transactions") == [(0,)]
    assert shared_intake.rows("select count(*) from pg_tables where schemaname = 'landed'") == [
        (0,)
    ]


def test_a_data_row_in_place_of_the_header_is_not_quoted(shared_intake: Any) -> None:
    path = shared_intake.deliver_new(f"{ROW}\n{ROW}\n".encode(), "csv")

    (reason,) = [item.reason for item in shared_intake.receive() if item.object_name == path]

    assert not [value for value in ROW.split(",") if len(value) > 1 and value in reason]
    assert "deliver it with its header" in reason


def test_a_byte_order_mark_is_accepted(intake: Any) -> None:
    intake.deliver(b"\xef\xbb\xbf" + WHOLE)

    assert intake.take()[0].rows_admitted == 1


def test_carriage_returns_and_empty_lines_are_accepted(intake: Any) -> None:
    intake.deliver(b"\r\n" + WHOLE.replace(b"\n", b"\r\n\r\n"))

    assert intake.take()[0].rows_admitted == 1


def test_a_header_without_rows_is_an_empty_delivery(intake: Any) -> None:
    intake.deliver(f"{HEADER}\n".encode())

    receipt = intake.take()[0]

    assert (receipt.rows_in_file, receipt.rows_admitted) == (0, 0)


def test_the_last_line_break_is_optional(intake: Any) -> None:
    intake.change(csv={"final_line_break": "optional"})
    intake.deliver(WHOLE[:-1])

    assert intake.take()[0].rows_admitted == 1


def test_an_unknown_column_is_not_read_and_noted(intake: Any) -> None:
    intake.deliver(f"{HEADER},colour\n{ROW},red\n".encode())

    receipt = intake.receive()[0]

    assert receipt.notes == ("unknown columns, not read: 'colour'",)
    assert receipt.rows_landed == 1


def test_more_than_the_tolerated_share_of_bad_rows_holds_the_file(intake: Any) -> None:
    intake.change(tolerated_bad_share=0.05)
    rows = [intake.row(transaction_id=f"t{i}", amount="-1" if i < 10 else "1") for i in range(100)]
    intake.deliver(intake.csv(*rows))

    receipt = intake.receive()[0]

    assert receipt.state == "held"
    assert receipt.reason.startswith(
        "too_many_bad_rows: 10 of 100 rows (10.0%, tolerated 5.0%): amount_not_positive 10"
    )
    with pytest.raises(BadDeliveryError, match="release it first"):
        admit(receipt.delivery_id, intake.connection, intake.sources)
    assert intake.rows("select count(*) from raw.transactions") == [(0,)]


def test_a_released_file_is_known_as_of_its_release(intake: Any) -> None:
    intake.deliver(WHOLE)
    delivery_id = intake.receive()[0].delivery_id
    hold(delivery_id, "the gate said no", intake.connection)
    before = intake.rows("select clock_timestamp()")[0][0]

    release(delivery_id, "looked at it", intake.connection)
    receipt = admit(delivery_id, intake.connection, intake.sources)

    assert receipt.rows_admitted == 1
    assert receipt.known_at is not None
    assert receipt.known_at > before


def test_a_file_that_could_not_be_read_cannot_be_released(intake: Any) -> None:
    intake.deliver(LATIN)
    delivery_id = intake.receive()[0].delivery_id

    with pytest.raises(BadDeliveryError, match="no rows to release"):
        release(delivery_id, "please", intake.connection)


def test_a_discarded_file_stays_away_until_it_is_delivered_again(intake: Any) -> None:
    intake.deliver(LATIN)
    discard(intake.receive()[0].delivery_id, "will be sent again", intake.connection)

    assert intake.receive() == []
    intake.deliver(LATIN)
    assert [receipt.state for receipt in intake.receive()] == ["held"]


BOMBS = {
    "bytes": ("csv", WHOLE, replace(DEFAULT, file_bytes=100)),
    "inflated bytes": (
        "csv.gz",
        gzip.compress(WHOLE + b" " * 1_000_000),
        replace(DEFAULT, ratio=10, ratio_floor=1000),
    ),
    "rows": ("csv", WHOLE + f"{ROW}\n".encode() * 10, replace(DEFAULT, rows=5)),
    "columns": ("csv", WHOLE, replace(DEFAULT, columns=5)),
    "Parquet columns": ("parquet", _parquet(), replace(DEFAULT, columns=5)),
    "a row": ("csv", WHOLE + ROW.encode() + b"x" * 9000 + b"\n", replace(DEFAULT, row_bytes=1000)),
    "a line": ("jsonl", b'{"a":"' + b"x" * 9000 + b'"}\n', replace(DEFAULT, row_bytes=1000)),
}


@pytest.mark.parametrize(("suffix", "content", "limits"), BOMBS.values(), ids=BOMBS.keys())
def test_a_file_beyond_the_hard_limits_is_held(
    shared_intake: Any, suffix: str, content: bytes, limits: Any
) -> None:
    path = shared_intake.deliver_new(content, suffix)

    receipts = [item for item in shared_intake.receive(limits) if item.object_name == path]

    assert [item.state for item in receipts] == ["held"]
    assert receipts[0].reason.startswith("too_large: ")


def test_a_row_longer_than_a_block_holds_the_file(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row(channel="x" * 50_000)))

    receipt = intake.receive(replace(DEFAULT, row_bytes=10_000))[0]

    assert receipt.state == "held"


def test_rows_of_too_many_days_hold_the_file(intake: Any) -> None:
    rows = [
        intake.row(transaction_id=f"t{day}", timestamp=f"2026-01-{day:02}T00:00:00Z")
        for day in range(1, 11)
    ]
    intake.deliver(intake.csv(*rows))

    receipt = intake.receive(replace(DEFAULT, days=5))[0]

    assert receipt.reason == (
        "too_many_days: rows of 10 days, allowed 5; next: deliver the rows in several files of "
        "fewer days"
    )


def test_a_broken_json_line_is_one_bad_row(intake: Any) -> None:
    intake.deliver(
        intake.jsonl(intake.row())
        + b'{"transaction_id": \n[1]\n{"transaction_id": {"a": 1}}\n'
        + intake.jsonl(intake.row(transaction_id="t2")),
        "a.jsonl",
    )

    intake.take()

    assert intake.rows("select row_number, reason from raw.rejected_rows order by 1") == [
        (2, "malformed_json"),
        (3, "malformed_json"),
        (4, "malformed_json"),
    ]
    assert intake.rows("select row_number from raw.transactions order by 1") == [(1,), (5,)]
