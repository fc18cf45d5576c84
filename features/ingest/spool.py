"""Copy a delivered file to a private, complete local file.

The copy is hashed during the read, so the parsed bytes equal the hashed bytes even if the original
changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from features.ingest.limits import Limits
from features.ingest.reasons import HeldError, HoldReason

BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Spool:
    """A local copy: its path, and SHA-256 and number of the delivered bytes."""

    path: Path
    sha256: str
    size: int


@contextmanager
def spooled(source: BinaryIO, limits: Limits) -> Iterator[Spool]:
    """Copy a stream to a local file that exists until the end of the block.

    Raises:
        HeldError: over the limit of bytes.
    """
    digest = hashlib.sha256()
    size = 0
    with NamedTemporaryFile(prefix="delivery-") as file:
        while block := source.read(BLOCK):
            size += len(block)
            if size > limits.file_bytes:
                raise HeldError(HoldReason.TOO_LARGE, f"more than {limits.file_bytes} bytes")
            digest.update(block)
            file.write(block)
        file.flush()
        yield Spool(Path(file.name), digest.hexdigest(), size)
