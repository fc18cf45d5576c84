"""Arrow, Feather and Avro files give the rows of their CSV, or are held."""

from __future__ import annotations

import io
import json
import random
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.feather
import pytest

from features.ingest.readers.avro_files import _encoded
from features.ingest.reasons import HeldError
from features.ingest.refusals import OF_READING
from tests.unit.features.ingest.reading import (
    COLUMNS,
    ROWS,
    a_feed,
    a_table,
    held,
    land,
    small,
    text,
)

FEED = a_feed()
WANTED = land(text(*ROWS).encode(), "a.csv", FEED).rows
TYPED = a_table(
    at=pa.array([datetime.fromisoformat(row[3]) for row in ROWS]),
    sum=pa.array([float(row[4]) for row in ROWS]),
)


def _written(write: Callable[[Any], object]) -> bytes:
    target = io.BytesIO()
    write(target)
    return target.getvalue()


def feather(table: pa.Table, compression: str = "zstd") -> bytes:
    """Return a Feather file."""
    return _written(lambda to: pyarrow.feather.write_feather(table, to, compression=compression))


def stream(table: pa.Table) -> bytes:
    """Return an Arrow stream."""

    def write(target: Any) -> None:
        with pa.ipc.new_stream(target, table.schema) as writer:
            writer.write_table(table)

    return _written(write)


SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "row",
    "namespace": "shop",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "card", "type": ["null", "string"]},
        {
            "name": "shop",
            "type": {
                "type": "record",
                "name": "place",
                "fields": [{"name": "name", "type": "string"}],
            },
        },
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "sum", "type": "double"},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
    ],
}
RECORDS = [
    {
        "id": n,
        "card": c,
        "shop": {"name": m},
        "at": datetime.fromisoformat(f"{at}+00:00"),
        "sum": float(amount),
        "tags": ["a", "b"],
    }
    for n, c, m, at, amount in ROWS
]
NESTED = a_feed(columns={**COLUMNS, "merchant_id": "shop.name"})
BLOCK = _written(lambda to: [fastavro.schemaless_writer(to, SCHEMA, each) for each in RECORDS])


def avro(
    codec: str, pack: Callable[[bytes], bytes], content: bytes = BLOCK, rows: int = 3
) -> bytes:
    """Return an Avro file of one block."""
    parts = {b"avro.schema": json.dumps(SCHEMA).encode(), b"avro.codec": codec.encode()}
    header = [b"Obj\x01", _encoded(len(parts))]
    for key, value in parts.items():
        header += [_encoded(len(key)), key, _encoded(len(value)), value]
    packed, sync = pack(content), b"0123456789abcdef"
    block = [_encoded(rows), _encoded(len(packed)), packed, sync]
    return b"".join([*header, _encoded(0), sync, *block])


def _plain(content: bytes) -> bytes:
    return content


def _deflate(content: bytes) -> bytes:
    return zlib.compress(content)[2:-4]


def _snappy(content: bytes) -> bytes:
    packed: bytes = pa.compress(content, "snappy", asbytes=True)
    return packed + zlib.crc32(content).to_bytes(4, "big")


def _zstandard(content: bytes) -> bytes:
    return bytes(pa.compress(content, "zstd", asbytes=True))


FEATHER, STREAM = feather(TYPED), stream(TYPED)
READ: dict[str, tuple[bytes, str]] = {
    "Feather": (FEATHER, "a.feather"),
    "Feather with LZ4": (feather(TYPED, "lz4"), "a.feather"),
    "Feather without compression": (feather(TYPED, "uncompressed"), "a.arrow"),
    "a stream": (STREAM, "a.arrows"),
    "dictionaries": (
        feather(TYPED.set_column(2, "shop", TYPED["shop"].dictionary_encode())),
        "a.ipc",
    ),
    "Avro": (avro("null", _plain), "a.avro"),
    "Avro with deflate": (avro("deflate", _deflate), "a.avro"),
    "Avro with snappy": (avro("snappy", _snappy), "a.avro"),
    "Avro with zstandard": (avro("zstandard", _zstandard), "a.avro"),
    "Avro of another writer": (
        _written(lambda to: fastavro.writer(to, SCHEMA, RECORDS, codec="xz", sync_interval=1)),
        "a.avro",
    ),
}


@pytest.mark.parametrize(("content", "name"), READ.values(), ids=READ.keys())
def test_a_typed_file_gives_the_rows_of_its_csv(content: bytes, name: str) -> None:
    landed = land(content, name, NESTED if name.endswith(".avro") else FEED)

    assert landed.rows == WANTED
    assert landed.rejected == []


def _without_bytes(items: Any) -> bytes:
    fields = [{"name": "id", "type": {"type": "array", "items": items}}]
    schema = {"type": "record", "name": "row", "fields": fields}
    return _written(lambda to: fastavro.writer(to, schema, []))


ONE_ID = pa.array([1.0, 2.0, 3.0])
HELD: dict[str, tuple[bytes, str, str]] = {
    "an empty Arrow file": (b"", "a.arrow", "truncated: "),
    "no Arrow file": (b"id,card\n" * 9, "a.arrow", "unreadable: "),
    "Feather of version 1": (b"FEA1" + b"x" * 99, "a.feather", "unreadable: Feather of version 1"),
    "an identifier in floating point": (feather(a_table(id=ONE_ID)), "a.feather", "wrong_type: "),
    "a column less": (feather(TYPED.drop_columns(["id"])), "a.feather", "missing_column: lacks"),
    "an empty Avro file": (b"", "a.avro", "unreadable: no Avro file"),
    "an Avro bomb": (avro("deflate", _deflate, bytes(80 << 20)), "a.avro", "too_large: "),
    "too many rows in a block": (avro("null", _plain, rows=10**9), "a.avro", "unreadable: "),
    "a row less in a block": (avro("null", _plain, rows=4), "a.avro", "truncated: "),
    "a wrong checksum": (
        avro("snappy", lambda content: _snappy(content)[:-1] + b"x"),
        "a.avro",
        "unreadable: ",
    ),
    "lists without bytes": (_without_bytes("null"), "a.avro", "lists of values without bytes"),
}


@pytest.mark.parametrize(("content", "name", "reason"), HELD.values(), ids=HELD.keys())
def test_another_typed_file_is_held(content: bytes, name: str, reason: str) -> None:
    assert reason in held(content, name, NESTED if name.endswith(".avro") else FEED)


@pytest.mark.parametrize("name", ["a.feather", "a.arrows", "a.avro"])
def test_a_typed_file_cut_anywhere_is_held(name: str) -> None:
    content, feed = {"a.feather": (FEATHER, FEED), "a.arrows": (STREAM, FEED)}.get(
        name, (avro("deflate", _deflate), NESTED)
    )

    for cut in range(1, len(content) - 8, 29):
        assert held(content[:cut], name, feed).startswith(("truncated", "unreadable")), cut


@pytest.mark.parametrize("name", ["a.feather", "a.arrows", "a.avro"])
def test_random_bytes_never_end_in_another_error(name: str) -> None:
    content, feed = {"a.feather": (FEATHER, FEED), "a.arrows": (STREAM, FEED)}.get(
        name, (avro("null", _plain), NESTED)
    )
    chance = random.Random(7)  # noqa: S311 - the same damage in each run

    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            landed = land(bytes(damaged), name, feed)
        except (HeldError, *OF_READING):  # ingest holds the file for each of these
            continue
        assert len(landed.rows) + len(landed.rejected) <= 3


def test_a_batch_is_measured_before_it_is_read() -> None:
    table = pa.table({name: pa.array(["x" * 100] * 20_000) for name in TYPED.column_names})

    content = feather(table)

    assert held(content, "a.feather", FEED, small(batch_bytes=1 << 20)).startswith("too_large: ")
    tight = small(ratio_floor=1 << 20, ratio=2)
    assert held(content, "a.feather", FEED, tight).startswith("too_large: ")


def test_a_rejected_row_keeps_its_text() -> None:
    landed = land(feather(a_table(sum=pa.array(["1", "x,y", None]))), "a.feather", FEED)

    assert [record.text for _, record in landed.rejected] == [
        't2,c2,Café Müller,2026-03-01T11:30:15,"x,y"',
        "t3,c1,m2,2026-03-02T00:00:00,",
    ]
