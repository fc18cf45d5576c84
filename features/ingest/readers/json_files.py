"""Read JSON lines as chunks of text; one line is one record with one unambiguous meaning.

JSON allows a repeated key, and Python accepts NaN; readers then disagree on the value. This module
rejects such a line as malformed. It also rejects a possibly rounded number in a text column.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Set
from typing import IO, Any, NoReturn

import numpy as np
import pyarrow as pa

from features.feeds.columns import ColumnKind
from features.ingest.chunks import TEXT, TEXTS, Chunk, Header, Malformed, check_rows, is_only_text
from features.ingest.limits import Limits
from features.ingest.lines import Block, LineTally, Records, blocks
from features.ingest.reasons import SENTENCES, HeldError, HoldReason, RowReason
from features.sources.mapping import SourceFeed

Row = dict[str, Any]


class _Inexact(str):
    """The text of a number with a point or an exponent; its writer may have rounded it."""

    __slots__ = ()


_ABSENT = type(None)
_Types = Set[type[object]]
_VALUES: _Types = {str, _Inexact, bool, list, _ABSENT}
_TEXT_TYPES: _Types = {str, _ABSENT}
_LIST_TYPES: _Types = {str, list, _ABSENT}
_SCALAR_TYPES: _Types = {str, _Inexact, bool, _ABSENT}


def json_chunks(
    text: IO[bytes], feed: SourceFeed, header: Header, limits: Limits, tally: LineTally
) -> Iterator[Chunk]:
    """Read JSON lines; numbers keep their digits, and a line without an object is malformed.

    Raises:
        HeldError: no line of the first chunk has a required key, or a line is too long.
    """
    done = 0
    is_judged = False
    for whole in blocks(text, limits, tally):
        block = _without_blanks(whole, tally)
        read = [_row(block.text(position)) for position in range(len(block))]
        rows = [None if isinstance(row, str) else row for row in read]
        objects = [row for row in rows if row is not None]
        if objects and not is_judged:
            _check_keys(objects, feed, header, limits)
            is_judged = True
        faults = {place: row for place, row in enumerate(read) if isinstance(row, str)}
        columns = _columns(rows, feed, faults)
        numbers = np.arange(done + 1, done + 1 + len(rows), dtype=np.int64)
        done += len(rows)
        check_rows(done, limits)
        kept = np.delete(np.arange(len(rows)), sorted(faults))
        yield Chunk(
            {name: column.take(pa.array(kept)) for name, column in columns.items()},
            numbers[kept],
            [
                Malformed(int(numbers[place]), RowReason.MALFORMED_JSON, block.record(place), fault)
                for place, fault in sorted(faults.items())
            ],
            Records(block, kept),
        )


def _without_blanks(block: Block, tally: LineTally) -> Block:
    """Remove lines of white space, which have no record."""
    is_blank = np.array([not block.text(n).strip() for n in range(len(block))], np.bool_)
    tally.blank += int(is_blank.sum())
    return block.only(np.flatnonzero(~is_blank))


class _FaultError(ValueError):
    """A fault in a line of valid JSON; the message never contains a value."""


def _row(line: str) -> Row | str:
    """Return the object of a line, or the fault that makes the line malformed."""
    try:
        row = _DECODER.decode(line)
        if "\\ud" in line or "\\uD" in line:
            json.dumps(row, ensure_ascii=False).encode()
    except _FaultError as fault:
        return str(fault)
    except UnicodeEncodeError:
        return "half of a surrogate pair is no text"
    except (ValueError, RecursionError):
        return SENTENCES[RowReason.MALFORMED_JSON]
    return row if isinstance(row, dict) else SENTENCES[RowReason.MALFORMED_JSON]


def _object(pairs: list[tuple[str, Any]]) -> Row:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise _FaultError("a key occurs twice")
    kinds = set(map(type, row.values()))
    if not kinds <= _VALUES:
        raise _FaultError("a value is an object")
    if list in kinds and not all(_is_list_of_text(value) for value in row.values()):
        raise _FaultError("a list holds something else than text")
    return row


def _is_list_of_text(value: Any) -> bool:  # noqa: ANN401 - any JSON
    return type(value) is not list or set(map(type, value)) <= {str, _ABSENT}


def _refuse(literal: str) -> NoReturn:
    raise _FaultError(f"{literal} is no value of JSON; write null where there is no value")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=str, parse_float=_Inexact, parse_constant=_refuse
)


def _check_keys(objects: Sequence[Row], feed: SourceFeed, header: Header, limits: Limits) -> None:
    keys = sorted(set().union(*objects))
    if len(keys) > limits.columns:
        raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.columns} keys")
    header.columns_to_read(keys, feed, must=_needed_keys(feed))


def _needed_keys(feed: SourceFeed) -> set[str]:
    """Return the keys of the required columns; a line without a value may lack its key."""
    return {
        name
        for key in feed.declaration.required
        if key in feed.columns and key not in feed.optional
        for name in feed.columns[key].delivered
    }


def _columns(
    rows: Sequence[Row | None], feed: SourceFeed, faults: dict[int, str]
) -> dict[str, pa.Array]:
    """Return the columns of a block; record a fault for each row with a value of a wrong type."""
    columns = {}
    for name, kinds in feed.delivered_kinds.items():
        values = [None if row is None else row.get(name) for row in rows]
        types, fault = _allowed_types(kinds)
        if not set(map(type, values)) <= types:
            for place, value in enumerate(values):
                if type(value) not in types:
                    faults.setdefault(place, f"{name}: {fault}")
                    values[place] = None
        columns[name] = _lists(values, feed) if ColumnKind.LIST in kinds else _texts(values)
    if feed.generates_key:
        columns |= _undescribed(rows, feed)
    return columns


def _undescribed(rows: Sequence[Row | None], feed: SourceFeed) -> dict[str, pa.Array]:
    """Return the columns that no description reads; a digest of the row reads them."""
    known = {*feed.delivered_columns, *feed.refused}
    names = sorted({name for row in rows if row is not None for name in row} - known)
    values = {name: [None if row is None else row.get(name) for row in rows] for name in names}
    return {
        name: _texts([json.dumps(v) if isinstance(v, list) else v for v in column])
        for name, column in values.items()
    }


def _allowed_types(kinds: Set[ColumnKind]) -> tuple[_Types, str]:
    """Return the allowed types of a column of these kinds, and the fault of another type."""
    if ColumnKind.LIST in kinds:
        return _LIST_TYPES, "neither text nor a list of text"
    if not is_only_text(kinds):
        return _SCALAR_TYPES, "a list in place of one value"
    return _TEXT_TYPES, "neither text nor a whole number"


def _lists(values: list[Any], feed: SourceFeed) -> pa.Array:
    """Return lists; text is split as in a file without lists, independent of other rows."""
    split = [
        (None if value in feed.null_tokens else value.split(feed.list_separator))
        if type(value) is str
        else value
        for value in values
    ]
    return pa.array(split, TEXTS)


def _texts(values: list[Any]) -> pa.Array:
    if bool in set(map(type, values)):
        values = [str(value).lower() if type(value) is bool else value for value in values]
    return pa.array(values, TEXT)
