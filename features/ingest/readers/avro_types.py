"""Represent the schema of an Avro file as columns of Arrow types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

_PLAIN: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "bytes": pa.binary(),
    "fixed": pa.binary(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "enum": pa.string(),
    "null": pa.null(),
}
_LOGICAL: Mapping[str, pa.DataType] = {
    "date": pa.date32(),
    "time-millis": pa.time64("us"),
    "time-micros": pa.time64("us"),
    "timestamp-millis": pa.timestamp("us", "UTC"),
    "timestamp-micros": pa.timestamp("us", "UTC"),
    "local-timestamp-millis": pa.timestamp("us"),
    "local-timestamp-micros": pa.timestamp("us"),
    "uuid": pa.string(),
}
_NONE = pa.map_(pa.string(), pa.null())  # of a type that has no plain text
_DEPTH = 20


def arrow_schema(schema: Any, separator: str) -> pa.Schema:  # noqa: ANN401 - any JSON
    """Return the columns of a record; fields of records inside of it have paths as names.

    Args:
        schema: as the file states it.
        separator: between the names of a path.

    Raises:
        ValueError: the schema is no record, or is nested too deep.
    """
    named: dict[str, Any] = {}
    _remember(schema, "", named, 0)
    if _kind(schema) != "record":
        raise ValueError("the schema is no record")
    return pa.schema(_fields(schema, "", separator, named, 0))


def rows_are_bounded(schema: Any) -> bool:  # noqa: ANN401 - any JSON
    """Return whether each item of a list takes a byte, so that a small block is a short list."""
    if isinstance(schema, list):
        return all(map(rows_are_bounded, schema))
    if not isinstance(schema, dict):
        return True
    kind = schema.get("type")
    if kind == "array":
        items = schema.get("items")
        return not _may_be_empty(items) and rows_are_bounded(items)
    if kind == "map":
        return rows_are_bounded(schema.get("values"))
    if kind == "record":
        return all(rows_are_bounded(field.get("type")) for field in schema.get("fields", ()))
    return rows_are_bounded(kind) if isinstance(kind, dict | list) else True


def _may_be_empty(schema: Any) -> bool:  # noqa: ANN401 - any JSON
    kind = _kind(schema)
    if kind == "record":
        return all(_may_be_empty(field.get("type")) for field in schema.get("fields", ()))
    return kind == "null" or (kind == "fixed" and not schema.get("size"))


def _kind(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return the name of a type, or the list of a union."""
    while isinstance(schema, dict) and isinstance(schema.get("type"), dict | list):
        schema = schema["type"]
    return schema.get("type") if isinstance(schema, dict) else schema


def _fields(
    record: Mapping[str, Any], prefix: str, separator: str, named: Mapping[str, Any], depth: int
) -> Iterator[pa.Field]:
    if depth > _DEPTH:
        raise ValueError("nested too deep")
    for field in record["fields"]:
        name, kind = f"{prefix}{field['name']}", _without_null(field["type"], named)
        if _kind(kind) == "record":
            yield from _fields(kind, f"{name}{separator}", separator, named, depth + 1)
        else:
            yield pa.field(name, _arrow(kind, named))


def _without_null(schema: Any, named: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return the type of a field; a union with null is a type whose values may be missing."""
    if isinstance(schema, dict) and isinstance(schema.get("type"), dict | list):
        schema = schema["type"]
    if isinstance(schema, list):
        others = [kind for kind in schema if _kind(kind) != "null"]
        schema = others[0] if len(others) == 1 else (others or ["null"])
    return named.get(schema, schema) if isinstance(schema, str) else schema


def _arrow(schema: Any, named: Mapping[str, Any]) -> pa.DataType:  # noqa: ANN401 - any JSON
    if isinstance(schema, list):
        return _PLAIN["null"] if schema == ["null"] else _NONE
    kind = _kind(schema)
    if not isinstance(schema, dict):
        return _PLAIN.get(str(kind), _NONE)
    logical = schema.get("logicalType")
    if logical == "decimal":
        precision = int(schema["precision"])
        wide = pa.decimal128 if precision <= 38 else pa.decimal256
        return wide(precision, int(schema.get("scale", 0)))
    if kind == "array":
        return pa.list_(_arrow(_without_null(schema.get("items"), named), named))
    return _LOGICAL.get(str(logical)) or _PLAIN.get(str(kind), _NONE)


def _remember(schema: Any, space: str, named: dict[str, Any], depth: int) -> None:  # noqa: ANN401
    """Collect the types that a schema names, because a field may refer to one by its name."""
    if depth > _DEPTH:
        raise ValueError("nested too deep")
    if isinstance(schema, list):
        for kind in schema:
            _remember(kind, space, named, depth + 1)
    if not isinstance(schema, dict):
        return
    space = schema.get("namespace", space)
    if isinstance(name := schema.get("name"), str):
        named.setdefault(name, schema)
        named.setdefault(f"{space}.{name}", schema)
    for part in ("type", "items", "values"):
        _remember(schema.get(part), space, named, depth + 1)
    for field in schema.get("fields", ()):
        _remember(field.get("type"), space, named, depth + 1)
