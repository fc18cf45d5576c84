"""Declare a ledger: its table, its columns in published order, and how a file carries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg import sql


class Type(StrEnum):
    """The type of a ledger's column."""

    TEXT = "text"
    INTEGER = "integer"
    BIGINT = "bigint"
    DOUBLE = "double precision"
    BOOLEAN = "boolean"
    MOMENT = "timestamptz"
    JSON = "jsonb"
    BYTES = "bytea"
    TEXTS = "text[]"
    DOUBLES = "double precision[]"

    @property
    def is_list(self) -> bool:
        """Whether the column holds a list."""
        return self in {Type.TEXTS, Type.DOUBLES}


@dataclass(frozen=True, slots=True)
class Ledger:
    """An append-only table of decisions.

    Attributes:
        table: the table with its schema.
        decided: the columns between the event time and `is_degraded`, in published order.
        context: columns of the subject that stand before the event time.
        has_outcome: whether a row has reasons and rule hits.
    """

    table: str
    decided: Mapping[str, Type]
    context: tuple[str, ...] = ("customer_id",)
    has_outcome: bool = True

    def columns(self, subject_id: str, event_time: str) -> dict[str, Type]:
        """Return all columns in published order: the row, the decision, and its provenance."""
        outcome = {"reasons": Type.JSON, "rule_hits": Type.TEXTS} if self.has_outcome else {}
        return {
            subject_id: Type.TEXT,
            "revision": Type.INTEGER,
            "run_id": Type.TEXT,
            "version": Type.INTEGER,
            **dict.fromkeys(self.context, Type.TEXT),
            event_time: Type.MOMENT,
            **self.decided,
            "is_degraded": Type.BOOLEAN,
            **outcome,
            "feature_view": Type.TEXT,
            "feature_sha256": Type.BYTES,
            "model_version": Type.TEXT,
            "policy_version": Type.TEXT,
            "decided_at": Type.MOMENT,
            "processing_time_ms": Type.DOUBLE,
        }


def arrow_type(kind: Type) -> pa.DataType:
    """Return the Arrow type that a column is read as; JSON, bytes and lists are read as text."""
    import pyarrow as pa

    return {
        Type.INTEGER: pa.int32(),
        Type.BIGINT: pa.int64(),
        Type.DOUBLE: pa.float64(),
        Type.BOOLEAN: pa.bool_(),
        Type.MOMENT: pa.timestamp("us", tz="UTC"),
    }.get(kind, pa.string())


def file_type(kind: Type) -> pa.DataType:
    """Return the Arrow type that a published file has for a column."""
    import pyarrow as pa

    lists = {Type.TEXTS: pa.list_(pa.string()), Type.DOUBLES: pa.list_(pa.float64())}
    return lists.get(kind, arrow_type(kind))


def as_text(column: str, kind: Type) -> sql.Composable:
    """Return the SQL of a column in the form that `arrow_type` reads."""
    from psycopg import sql

    from features.platform import lists

    if kind.is_list:
        return lists.as_text(sql.Identifier(column))
    form = {Type.JSON: "{}::text", Type.BYTES: "encode({}, 'hex')"}.get(kind, "{}")
    return sql.SQL(form).format(sql.Identifier(column))
