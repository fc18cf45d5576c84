"""Decode JSON rows, each with one unambiguous meaning, and turn them into columns of text.

JSON allows a repeated key, and Python accepts NaN; readers then disagree on the value. This module
rejects such a row as malformed. It also rejects a possibly rounded number in a text column. Keys of
nested objects form a path, such as `customer.address.city`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import pyarrow as pa

from features.feeds.columns import ColumnKind
from features.ingest.chunks import TEXT, TEXTS, Header, is_only_text
from features.ingest.limits import Limits
from features.ingest.reasons import SENTENCES, HeldError, HoldReason, RowReason
from features.sources.file_forms import folded
from features.sources.mapping import SourceFeed

Row = Mapping[str, Any]


class _Inexact(str):
    """The text of a number with a point or an exponent; its writer may have rounded it."""

    __slots__ = ()


class _Object:
    """The place of a nested object, whose values have paths of their own."""


_OBJECT = _Object()
_ABSENT = type(None)
_Types = Set[type[object]]
_TEXT_TYPES: _Types = {str, _ABSENT}
_LIST_TYPES: _Types = {str, list, _ABSENT}
_SCALAR_TYPES: _Types = {str, _Inexact, bool, _ABSENT}
_FAULT = SENTENCES[RowReason.MALFORMED_JSON]


class RowDecoder:
    """Decodes rows of one feed; numbers keep their digits."""

    def __init__(self, feed: SourceFeed) -> None:
        self._separator = feed.json_form.path_separator
        self._by_folded = (
            {folded(name): name for name in feed.delivered_columns}
            if feed.match_header == "folded"
            else None
        )
        self._faults: list[str] = []
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=str,
            parse_float=_Inexact,
            parse_constant=self._refuse,
        )

    def row(self, line: str) -> Row | str:
        """Return the row of a text, or the fault that makes it malformed; never with a value."""
        try:
            value, end = self.value(line, len(line) - len(line.lstrip()))
        except (ValueError, RecursionError):
            self._faults.clear()
            return _FAULT
        if line[end:].strip():
            return _FAULT
        return self.as_row(value, line)

    def value(self, text: str, start: int) -> tuple[Any, int]:
        """Return the value that begins at a place, and the place behind it.

        Raises:
            ValueError: the text from this place on is no JSON.
            RecursionError: it is nested too deep.
        """
        self._faults.clear()
        return self._decoder.raw_decode(text, start)

    def as_row(self, value: Any, text: str) -> Row | str:  # noqa: ANN401 - any JSON
        """Return the value that was decoded last as a row, or its fault."""
        if self._faults:
            return self._faults[0]
        if not isinstance(value, dict):
            return _FAULT
        if "\\ud" in text or "\\uD" in text:
            try:
                json.dumps(value, ensure_ascii=False).encode()
            except UnicodeEncodeError:
                return "half of a surrogate pair is no text"
        return self._named(value)

    def _named(self, row: Row) -> Row | str:
        """Return a row by delivered names, or its fault where two keys have one name."""
        if dict in set(map(type, row.values())):
            pairs = list(self._flat(row, ""))
            row = dict(pairs)
            if len(row) != len(pairs):
                return "two keys form the same path"
        if self._by_folded is not None:
            pairs = [(self._by_folded.get(folded(key), key), value) for key, value in row.items()]
            row = dict(pairs)
            if len(row) != len(pairs):
                return "two keys are equal but for case and blanks"
        return row

    def _flat(self, row: Row, prefix: str) -> Iterator[tuple[str, Any]]:
        for key, value in row.items():
            if type(value) is dict:
                yield f"{prefix}{key}", _OBJECT
                yield from self._flat(value, f"{prefix}{key}{self._separator}")
            else:
                yield f"{prefix}{key}", value

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        row = dict(pairs)
        if len(row) != len(pairs):
            self._faults.append("a key occurs twice")
        return row

    def _refuse(self, literal: str) -> None:
        self._faults.append(f"{literal} is no value of JSON; write null where there is no value")


def check_keys(rows: Sequence[Row], feed: SourceFeed, header: Header, limits: Limits) -> None:
    """Check the keys of the first rows.

    Raises:
        HeldError: too many, or no row has a required one.
    """
    described = {*feed.delivered_columns, *feed.refused}
    keys = sorted(
        {
            key
            for row in rows
            for key, value in row.items()
            if value is not _OBJECT or key in described
        }
    )
    if len(keys) > limits.columns:
        raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.columns} keys")
    try:
        header.columns_to_read(keys, feed, must=_needed_keys(feed))
    except HeldError as error:
        lists = [key for key, value in rows[0].items() if is_list_of_objects(value)]
        if error.reason is not HoldReason.MISSING_COLUMN or not lists:
            raise
        raise HeldError(error.reason, f"{error.detail}; {records_hint(lists)}") from None


def _needed_keys(feed: SourceFeed) -> set[str]:
    """Return the keys of the required columns; a line without a value may lack its key."""
    return {
        name
        for key in feed.declaration.required
        if key in feed.columns and key not in feed.optional
        for name in feed.columns[key].delivered
    }


def records_hint(paths: Sequence[str]) -> str:
    """Return the hint that rows are in a list of a document."""
    shown = " or ".join(ascii(path[:60]) for path in paths[:3])
    return (
        f"where the rows are a list of the document, send it as .json, and the source declares "
        f"json.records: {shown}"
    )


def is_list_of_objects(value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Return whether a value may be a list of rows."""
    return type(value) is list and bool(value) and all(type(item) is dict for item in value[:10])


def columns_of(
    rows: Sequence[Row | None], feed: SourceFeed, faults: dict[int, str]
) -> dict[str, pa.Array]:
    """Return the columns of rows; record a fault for each row with a value of a wrong type."""
    columns = {}
    for name, kinds in feed.delivered_kinds.items():
        values = [None if row is None else row.get(name) for row in rows]
        types, fault = _allowed_types(kinds)
        kinds_of_values = set(map(type, values))
        if list in types and list in kinds_of_values:
            _check_lists(name, values, faults)
        if not kinds_of_values <= types:
            for place, value in enumerate(values):
                if type(value) not in types:
                    is_object = value is _OBJECT
                    reason = "an object, whose values have paths of their own" if is_object else ""
                    faults.setdefault(place, f"{name}: {reason or fault}")
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
    return {name: _texts(list(map(_plain, column))) for name, column in values.items()}


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a value of a column that only a digest reads; a nested object has its own columns."""
    if value is _OBJECT:
        return "{}"
    return json.dumps(value) if isinstance(value, list) else value


def _check_lists(name: str, values: list[Any], faults: dict[int, str]) -> None:
    for place, value in enumerate(values):
        if type(value) is list and not set(map(type, value)) <= _TEXT_TYPES:
            faults.setdefault(place, f"{name}: a list holds something else than text")
            values[place] = None


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
