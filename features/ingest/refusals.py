"""Which errors are a file's own and hold it, and which are of the machinery and fail the task.

A task that fails is tried again by Airflow: right for a lost connection or a full disk, and wrong
for a file that will fail the same way each time and would stop all others with it. Messages name
the error's type and place and never quote the error: libraries quote rows.
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

#: What Postgres says of values: out of range, against a check, too long for an index.
OF_VALUES = (
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.errors.ProgramLimitExceeded,
)

#: What csv, json, gzip, numpy and pyarrow raise over the content of a file.
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
    """A first load of history came after features or decisions were made from the ledger."""

    reason: ClassVar = HoldReason.HISTORY_REFUSED


class LandedRowsError(ContractError):
    """The landed table of a delivery is not what was registered."""

    reason: ClassVar = HoldReason.LANDED_ROWS_LOST


class LedgerRefusedError(BadDeliveryError):
    """Postgres refuses a value of a delivery."""

    reason: ClassVar = HoldReason.LEDGER_REFUSED


class NotDescribedError(ConfigurationError):
    """No source in force describes the feed of a delivery."""

    reason: ClassVar = HoldReason.NOT_DESCRIBED


#: Why a delivery is held at its admission.
AT_ADMISSION = (HistoryRefusedError, LandedRowsError, LedgerRefusedError, NotDescribedError)


def is_taken_by_another(error: BaseException) -> bool:
    """Return whether another run has registered the same arrival first."""
    return (
        isinstance(error, psycopg.errors.UniqueViolation)
        and error.diag.constraint_name == _ARRIVAL_KEY
    )


def of_file(error: Exception) -> HeldError | None:
    """Return why a file is held, or None where the error is not the file's fault."""
    if isinstance(error, HeldError):
        return error
    if isinstance(error, OSError) and error.errno is not None:
        return None  # the machine's: the file is read from a copy on our own disk
    return HeldError(HoldReason.READER_FAILED, f"{described(error)} while the file was read")


def described(error: BaseException) -> str:
    """Return type and place of an error, without its message."""
    if isinstance(error, psycopg.Error):
        place = error.diag.constraint_name or error.diag.column_name
        return f"{type(error).__name__} (SQLSTATE {error.sqlstate}{f', {place}' if place else ''})"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
