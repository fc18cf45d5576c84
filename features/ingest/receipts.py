"""Define the receipts of ingest: counts and names, never rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field of a receipt
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


class _Receipt:
    __slots__ = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt as plain values for JSON."""
        return {key: _plain(value) for key, value in asdict(self).items()}  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True)
class FileLines:
    """The physical lines of a file, by use.

    Args:
        total: all lines, including a last line without an end.
        header: lines of the header.
        blank: lines without a row.
        continuation: lines after the first of a row.
        rejected: lines of rejected rows.
        duplicate: lines of rows that the file has twice.

    All counts except the total are None if the file could not be read as rows.
    """

    total: int
    header: int | None = None
    blank: int | None = None
    continuation: int | None = None
    rejected: int | None = None
    duplicate: int | None = None


@dataclass(frozen=True, slots=True)
class DeliveryReceipt(_Receipt):
    """One parsed or held delivery.

    Args:
        landed_table: qualified name; None if the file could not be read.
        rows_in_file: number of rows; None if the file could not be read.
        rows_landed: row count that the gate expects in the landed table.
        reason: reason of a hold.
        notes: notes for the operator that stop nothing.
        lines: None if the format has no lines, or if the file is not text.
    """

    delivery_id: UUID
    source: str
    feed: str
    object_name: str
    load_kind: str
    state: str
    landed_table: str | None
    rows_in_file: int | None
    rows_rejected: int
    rows_duplicate: int
    reason: str | None = None
    notes: tuple[str, ...] = ()
    lines: FileLines | None = None

    @property
    def rows_landed(self) -> int:
        """The number of rows in the landed table."""
        return (self.rows_in_file or 0) - self.rows_rejected - self.rows_duplicate

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt as plain values for JSON."""
        return {**_Receipt.as_dict(self), "rows_landed": self.rows_landed}

    @classmethod
    def of(cls, receipt: Mapping[str, Any]) -> Self:
        """Return the receipt of its plain values."""
        values = {name: receipt[name] for name in cls.__dataclass_fields__}
        lines = values["lines"]
        return cls(
            **{
                **values,
                "delivery_id": UUID(values["delivery_id"]),
                "notes": tuple(values["notes"]),
                "lines": FileLines(**lines) if lines else None,
            }
        )


@dataclass(frozen=True, slots=True)
class AdmitReceipt(_Receipt):
    """One admitted delivery: rows_in_file = rejected + duplicate + admitted.

    Args:
        notes: notes for the operator that stop nothing.
    """

    delivery_id: UUID
    source: str
    feed: str
    delivery_seq: int
    known_at: datetime | None
    rows_in_file: int
    rows_rejected: int
    rows_duplicate: int
    rows_admitted: int
    first_occurred_at: datetime | None
    last_occurred_at: datetime | None
    notes: tuple[str, ...] = ()
