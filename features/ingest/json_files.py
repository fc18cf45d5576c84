"""JSON lines to chunks of text: one line is one record, and says exactly what it says.

JSON lets a key stand twice, and Python lets NaN pass; each reader takes another value then. Such a
line is malformed here, as is a number where text is wanted and its digits may have been rounded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Set
from typing import IO, Any, NoReturn

import numpy as np
import pyarrow as pa

from features.canonical import CANONICAL
from features.ingest.chunks import TEXT, TEXTS, Chunk, Header, Malformed, check_rows
from features.ingest.layout import TEXTUAL, Kind, delivered_kinds
from features.ingest.limits import Limits
from features.ingest.lines import Block, LineTally, Records, blocks
from features.ingest.reasons import SENTENCES, HeldError, HoldReason, RowReason
from features.sources.feeds import Feed

Row = dict[str, Any]


class _Inexact(str):
    """A number with a point or an exponent, as it is written: its writer may have rounded it."""

    __slots__ = ()


_ABSENT = type(None)
_Types = Set[type[object]]
_VALUES: _Types = {str, _Inexact, bool, list, _ABSENT}
_WANTED_AS_TEXT: _Types = {str, _ABSENT}
_WANTED_AS_LIST: _Types = {str, list, _ABSENT}
_WANTED_AS_SCALAR: _Types = {str, _Inexact, bool, _ABSENT}


def json_chunks(
    text: IO[bytes], feed: Feed, header: Header, limits: Limits, tally: LineTally
) -> Iterator[Chunk]:
    """Read JSON lines; numbers keep their digits, a line that is no object is a malformed row.

    Raises:
        HeldError: a needed key is in no line of the first chunk, or a line is over-long.
    """
    done = 0
    is_judged = False
    for whole in blocks(text, limits, tally):
        block = _without_blanks(whole, tally)
        read = [_row(block.text(position)) for position in range(len(block))]
        rows = [None if isinstance(row, str) else row for row in read]
        objects = [row for row in rows if row is not None]
        if objects and not is_judged:
            _judge(objects, feed, header, limits)
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
    """Leave out lines of white space, which hold no record."""
    is_blank = np.array([not block.text(n).strip() for n in range(len(block))], np.bool_)
    tally.blank += int(is_blank.sum())
    return block.only(np.flatnonzero(~is_blank))


class _FaultError(ValueError):
    """What is wrong with a line that is JSON; the message never holds a value."""


def _row(line: str) -> Row | str:
    """Return the object of a line, or what keeps the line from being one of plain values."""
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


def _judge(objects: Sequence[Row], feed: Feed, header: Header, limits: Limits) -> None:
    keys = sorted(set().union(*objects))
    if len(keys) > limits.columns:
        raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.columns} keys")
    needed = {feed.columns[key] for key in feed.columns if CANONICAL[feed.name][key]}
    header.judge(keys, feed, must=needed - {feed.columns.get(key) for key in feed.optional})


def _columns(rows: Sequence[Row | None], feed: Feed, faults: dict[int, str]) -> dict[str, pa.Array]:
    """Return the columns of a block; note the rows with a value of another kind than wanted."""
    columns = {}
    for name, kinds in delivered_kinds(feed).items():
        values = [None if row is None else row.get(name) for row in rows]
        wanted, fault = _wanted(kinds)
        if not set(map(type, values)) <= wanted:
            for place, value in enumerate(values):
                if type(value) not in wanted:
                    faults.setdefault(place, f"{name}: {fault}")
                    values[place] = None
        columns[name] = _lists(values, feed) if Kind.LIST in kinds else _texts(values)
    return columns


def _wanted(kinds: Set[Kind]) -> tuple[_Types, str]:
    """Return the types that a column of these kinds takes, and what is said of another type."""
    if Kind.LIST in kinds:
        return _WANTED_AS_LIST, "neither text nor a list of text"
    if kinds.isdisjoint(TEXTUAL):
        return _WANTED_AS_SCALAR, "a list in place of one value"
    return _WANTED_AS_TEXT, "neither text nor a whole number"


def _lists(values: list[Any], feed: Feed) -> pa.Array:
    """Return lists; text is split as in a file without lists, whatever the other rows bring."""
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
