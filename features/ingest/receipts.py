"""What ingest tells its caller: counts and names, never rows."""

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
        """Return the receipt as plain values, fit for JSON."""
        return {key: _plain(value) for key, value in asdict(self).items()}  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True)
class FileLines:
    """The physical lines of a file, and what became of them.

    Args:
        total: all lines; a last line without an end counts.
        header: lines of the header.
        blank: lines without a row.
        continuation: lines after the first of a row.
        rejected: lines of rejected rows.
        duplicate: lines of rows that the file has twice.

    All but the total are None where the file could not be read as rows.
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
        landed_table: qualified name; None where the file could not be read.
        rows_in_file: None where the file could not be read.
        rows_landed: what the gate must find in the landed table.
        reason: why it is held.
        notes: what a person should know though nothing stopped.
        lines: None where the format has none, or where the file is no text.
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
        """Rows that wait in the landed table."""
        return (self.rows_in_file or 0) - self.rows_rejected - self.rows_duplicate

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt as plain values, fit for JSON."""
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
    """One delivery in the ledger: rows_in_file = rejected + duplicate + admitted.

    Args:
        notes: what a person should know though nothing stopped.
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
