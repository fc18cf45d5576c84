"""CSV to chunks of text."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from features.feeds import Feed
from features.ingest.chunks import TEXT, Chunk, Header, Malformed, check_rows, first_line, mapped
from features.ingest.limits import Limits
from features.ingest.reasons import HeldError, HoldReason, RowReason


def csv_chunks(text: IO[bytes], feed: Feed, header: Header, limits: Limits) -> Iterator[Chunk]:
    """Read CSV.

    Raises:
        HeldError: the header is wrong, or the text is not CSV.
    """
    names = _csv_header(text, feed, limits)
    wanted = header.judge(names, feed, must=mapped(feed))
    start = text.tell()
    if not text.read(1):
        return
    text.seek(start)
    malformed: list[tuple[int, str]] = []

    def remember(row: Any) -> str:  # noqa: ANN401 - pyarrow's InvalidRow
        malformed.append((row.number, row.text))
        return "skip"

    try:
        reader = pyarrow.csv.open_csv(
            text,
            # one thread: only then does pyarrow know the number of a malformed row
            pyarrow.csv.ReadOptions(
                column_names=names, block_size=limits.row_bytes, use_threads=False
            ),
            pyarrow.csv.ParseOptions(
                delimiter=feed.csv.delimiter,
                newlines_in_values=True,
                invalid_row_handler=remember,
            ),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, TEXT),
                include_columns=wanted,
                null_values=[],
                strings_can_be_null=False,
            ),
        )
        yield from _numbered(reader, malformed, limits)
    except pa.ArrowInvalid as error:
        if "straddling object" in str(error):
            size = limits.row_bytes
            raise HeldError(HoldReason.TOO_LARGE, f"a row over {size} bytes") from error
        raise HeldError(HoldReason.UNREADABLE, first_line(error)) from error


def _csv_header(text: IO[bytes], feed: Feed, limits: Limits) -> list[str]:
    line = b"\n"
    while line in {b"\n", b"\r\n"}:
        line = text.readline(limits.row_bytes)
    names = next(csv.reader([line.decode("utf-8")], delimiter=feed.csv.delimiter), [])
    if len(names) > limits.columns:
        raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.columns} columns")
    return names


def _numbered(
    batches: Any,  # noqa: ANN401 - pyarrow's reader
    malformed: list[tuple[int, str]],
    limits: Limits,
) -> Iterator[Chunk]:
    """Give each row its number; the reader runs ahead, so malformed rows may belong to later."""
    done = 0
    for batch in batches:
        wrong = np.array([number for number, _ in malformed], np.int64)
        candidates = np.arange(done + 1, done + 1 + batch.num_rows + len(wrong), dtype=np.int64)
        numbers = candidates[~np.isin(candidates, wrong)][: batch.num_rows]
        last = int(numbers[-1]) if len(numbers) else done
        passed = int(np.searchsorted(wrong, last))
        done = last
        check_rows(done, limits)
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        yield Chunk(columns, numbers, _wrong_fields(malformed[:passed]))
        del malformed[:passed]
    if malformed:
        yield Chunk({}, np.empty(0, np.int64), _wrong_fields(malformed))


def _wrong_fields(rows: list[tuple[int, str]]) -> list[Malformed]:
    return [Malformed(number, RowReason.WRONG_FIELD_COUNT, row) for number, row in rows]
