"""Deliver sample data as a bank does: history at once, then one file at the end of each hour."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

WINDOW = re.compile(r"_(\d{8}T\d{4}Z)_(\d{8}T\d{4}Z)\.")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A waiting file and its due time, the end of the time that it covers."""

    path: Path
    name: str
    due_at: datetime

    @property
    def is_history(self) -> bool:
        """Whether the file belongs to the first load."""
        return "/history/" in self.name


def waiting(outbox: Path) -> list[Delivery]:
    """Return the files of the outbox, in order of their due time."""
    deliveries = []
    for path in outbox.glob("landing/**/*"):
        if path.is_file():
            window = WINDOW.search(path.name)
            due_at = _of_file_name(window[2]) if window else datetime.min.replace(tzinfo=UTC)
            deliveries.append(Delivery(path, path.relative_to(outbox).as_posix(), due_at))
    return sorted(deliveries, key=lambda delivery: (delivery.due_at, delivery.name))


def deliver(delivery: Delivery, objects: Path) -> None:
    """Move a file into the landing area atomically."""
    target = objects / delivery.name
    target.parent.mkdir(parents=True, exist_ok=True)
    delivery.path.replace(target)


def deliver_due(outbox: Path, objects: Path, now: datetime, *, is_history: bool) -> int:
    """Deliver the due files of the first load or of the time after it; return their number."""
    due = [d for d in waiting(outbox) if d.is_history == is_history and d.due_at <= now]
    for delivery in due:
        deliver(delivery, objects)
    return len(due)


def main() -> None:
    """Deliver each file of an outbox at its due time, until none is left.

    Args (command line): the outbox, the object store's folder.
    """
    outbox, objects = map(Path, sys.argv[1:3])
    while files := [delivery for delivery in waiting(outbox) if not delivery.is_history]:
        wait = (files[0].due_at - datetime.now(UTC)).total_seconds()
        if wait > 0:
            time.sleep(min(wait, 30.0))  # short: a sleeping laptop stops the wait, not the clock
            continue
        deliver(files[0], objects)
        print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC delivered {files[0].name}", flush=True)


def file_name(prefix: str, start: datetime, end: datetime, suffix: str) -> str:
    """Return a file name with the half-open interval that the file covers."""
    return f"{prefix}_{start:%Y%m%dT%H%MZ}_{end:%Y%m%dT%H%MZ}.{suffix}"


def _of_file_name(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%MZ").replace(tzinfo=UTC)


if __name__ == "__main__":
    main()
