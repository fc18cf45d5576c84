"""Print the answer of a command, as text or as one JSON document, and give its exit status."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, is_dataclass
from enum import IntEnum
from typing import Any


class Status(IntEnum):
    """The exit status of every command."""

    HOLDS = 0
    DOES_NOT_HOLD = 1
    REFUSED = 2

    @classmethod
    def of(cls, holds: bool) -> Status:
        """Return the status of an answer that holds or does not hold."""
        return cls.HOLDS if holds else cls.DOES_NOT_HOLD


def show(lines: str | Iterable[str], document: object, *, as_json: bool) -> None:
    """Print an answer on standard output.

    Args:
        lines: the answer for a person.
        document: the same answer as plain values.
        as_json: print the document.
    """
    if as_json:
        sys.stdout.write(json.dumps(document, indent=2, default=_plain) + "\n")
        return
    text = lines if isinstance(lines, str) else "\n".join(lines)
    sys.stdout.write(text + "\n")


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value for which JSON has no form
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)
