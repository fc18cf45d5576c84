"""JSON lines to chunks of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import pyarrow as pa

from features.canonical import CANONICAL
from features.feeds import Feed
from features.ingest.chunks import TEXT, TEXTS, Chunk, Header, Malformed, check_rows
from features.ingest.limits import Limits
from features.ingest.reasons import HeldError, HoldReason, RowReason


def json_chunks(text: IO[bytes], feed: Feed, header: Header, limits: Limits) -> Iterator[Chunk]:
    """Read JSON lines; numbers keep their digits, a line that is no object is a malformed row.

    Raises:
        HeldError: a needed key is in no line of the first chunk, or a line is over-long.
    """
    done = 0
    wanted: list[str] | None = None
    for block in _blocks(text, limits):
        lines = [line for line in block.decode("utf-8").split("\n") if line.strip()]
        rows = _json_rows(lines)
        kept = [row for row, value in enumerate(rows) if isinstance(value, dict)]
        objects: list[dict[str, Any]] = [rows[row] for row in kept]
        if wanted is None and objects:
            keys = sorted(set().union(*objects))
            needed = {feed.columns[key] for key in feed.columns if CANONICAL[feed.name][key]}
            header.judge(keys, feed, must=needed - {feed.columns.get(key) for key in feed.optional})
            wanted = list(feed.delivered_columns)
        numbers = np.arange(done + 1, done + 1 + len(lines), dtype=np.int64)
        done += len(lines)
        check_rows(done, limits)
        wrong = [
            Malformed(int(numbers[row]), RowReason.MALFORMED_JSON, lines[row])
            for row, value in enumerate(rows)
            if not isinstance(value, dict)
        ]
        columns = {name: _json_column([row.get(name) for row in objects]) for name in wanted or ()}
        yield Chunk(columns, numbers[kept], wrong, [lines[row] for row in kept])


def _blocks(text: IO[bytes], limits: Limits) -> Iterator[bytes]:
    rest = b""
    while block := text.read(limits.row_bytes):
        whole, newline, tail = (rest + block).rpartition(b"\n")
        if len(tail) > limits.row_bytes:
            raise HeldError(HoldReason.TOO_LARGE, f"a line over {limits.row_bytes} bytes")
        rest = tail
        if newline:
            yield whole
    if rest:
        yield rest


def _json_rows(lines: list[str]) -> list[Any]:
    try:
        found = _loads("[" + ",".join(lines) + "]")
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list) and len(found) == len(lines) and all(map(_is_flat, found)):
        return found
    return [_json_row(line) for line in lines]


def _json_row(line: str) -> dict[str, Any] | None:
    try:
        found = _loads(line)
    except (ValueError, RecursionError):
        return None
    return found if _is_flat(found) else None


def _loads(text: str) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def _is_flat(found: Any) -> bool:  # noqa: ANN401 - any JSON
    if not isinstance(found, dict):
        return False
    return not any(
        isinstance(value, dict)
        or (isinstance(value, list) and not all(isinstance(item, str) for item in value))
        for value in found.values()
    )


def _json_column(values: list[Any]) -> pa.Array:
    if any(isinstance(value, list) for value in values):
        return pa.array(
            [value if isinstance(value, list) or value is None else [value] for value in values],
            TEXTS,
        )
    return pa.array(
        [("true" if value else "false") if isinstance(value, bool) else value for value in values],
        TEXT,
    )
