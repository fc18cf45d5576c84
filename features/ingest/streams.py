"""Open an object as a stream whose errors separate failures of the object and of the store."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

from features.ingest import refusals
from features.ingest.reasons import HeldError, HoldReason
from features.platform.errors import ScoringError
from features.platform.object_names import UnsafeNameError, check_name
from features.platform.objects import ObjectStore


class StoreUnavailableError(ScoringError):
    """The object store does not answer, which is no fault of any file; retry."""


@contextmanager
def open_object(store: ObjectStore, name: str) -> Iterator[BinaryIO]:
    """Open an object.

    Raises:
        FileNotFoundError: the object no longer exists.
        UnsafeNameError: the name may not be used.
        HeldError: the object is unreadable although the store answers; also during a read.
        StoreUnavailableError: the store does not answer.
    """
    safe = check_name(name)
    try:
        stream = store.open(safe)
    except (FileNotFoundError, UnsafeNameError):
        raise
    except Exception as error:  # noqa: BLE001 - each store's client has errors of its own
        raise _held(error, store, safe) from None
    try:
        yield cast("BinaryIO", _Stream(stream, store, safe))
    finally:
        with suppress(Exception):  # the read is complete or has already failed
            stream.close()


class _Stream(io.RawIOBase):
    """A stream that converts an error of the store to a hold of the object."""

    def __init__(self, stream: BinaryIO, store: ObjectStore, name: str) -> None:
        super().__init__()
        self._stream, self._store, self._name = stream, store, name

    def read(self, size: int = -1, /) -> bytes:
        """Read the next bytes."""
        try:
            return self._stream.read(size)
        except Exception as error:  # noqa: BLE001 - each store's client has errors of its own
            raise _held(error, self._store, self._name) from None


def _held(error: Exception, store: ObjectStore, name: str) -> HeldError:
    """Return the hold of an object, if the store answers another request."""
    failure = refusals.described(error)
    try:
        store.list(name)
    except Exception as also:  # noqa: BLE001 - each store's client has errors of its own
        raise StoreUnavailableError(
            f"the object store cannot be read ({failure}) nor listed "
            f"({refusals.described(also)}). Next: check that it runs; then retry the step"
        ) from None
    return HeldError(
        HoldReason.STORE_FAILED,
        f"{failure} while the store was read; the next ingest tries again",
    )
