"""Separate errors of a file, which hold it, from errors of the machine, which fail the task.

Airflow retries a failed task. This is right for a lost connection or a full disk. It is wrong for a
file that fails at each attempt and so blocks all other files. Messages contain the type and place
of the error but not its text, because libraries quote rows.
"""

from __future__ import annotations

import csv
import struct
import traceback
import zlib
from pathlib import Path
from typing import ClassVar

import psycopg
import pyarrow as pa

from features.ingest.reasons import HeldError, HoldReason
from features.platform.errors import (
    BadDeliveryError,
    ConfigurationError,
    ContractError,
)

#: Errors of Postgres about values: out of range, against a check, too long for an index.
OF_VALUES = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
)

#: Errors that csv, json, gzip, numpy and pyarrow raise about the content of a file.
OF_READING = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SystemError,
    TypeError,
    ValueError,
    csv.Error,
    struct.error,
    zlib.error,
    pa.ArrowException,
    *OF_VALUES,
)

_ARRIVAL_KEY = "deliveries_arrival_key"


class HistoryRefusedError(ConfigurationError):
    """A history load arrived after features or decisions had used the raw tables."""

    reason: ClassVar = HoldReason.HISTORY_REFUSED


class LandedRowsError(ContractError):
    """The landed table of a delivery differs from the register."""

    reason: ClassVar = HoldReason.LANDED_ROWS_LOST


class LedgerRefusedError(BadDeliveryError):
    """Postgres refuses a value of a delivery."""

    reason: ClassVar = HoldReason.LEDGER_REFUSED


class NotDescribedError(ConfigurationError):
    """No current source describes the feed of a delivery."""

    reason: ClassVar = HoldReason.NOT_DESCRIBED


class ForeignIdsError(BadDeliveryError):
    """Rows have ids under which another source has delivered other content."""

    reason: ClassVar = HoldReason.IDS_OF_ANOTHER_SOURCE


#: Errors that hold a delivery at its admission.
AT_ADMISSION = (
    ForeignIdsError,
    HistoryRefusedError,
    LandedRowsError,
    LedgerRefusedError,
    NotDescribedError,
)


def is_taken_by_another(error: BaseException) -> bool:
    """Return whether another run has already registered the same arrival."""
    return (
        isinstance(error, psycopg.errors.UniqueViolation)
        and error.diag.constraint_name == _ARRIVAL_KEY
    )


def hold_of(error: Exception) -> HeldError | None:
    """Return the hold of a file, or None if the file did not cause the error."""
    if isinstance(error, HeldError):
        return error
    if isinstance(error, OSError) and error.errno is not None:
        return None  # an error of the machine: the file is read from a local copy
    return HeldError(HoldReason.READER_FAILED, f"{described(error)} while the file was read")


def described(error: BaseException) -> str:
    """Return the type and place of an error, without its message."""
    if isinstance(error, psycopg.Error):
        place = error.diag.constraint_name or error.diag.column_name
        return f"{type(error).__name__} (SQLSTATE {error.sqlstate}{f', {place}' if place else ''})"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
