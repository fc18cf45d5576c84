"""Sample data, delivered as a bank would: history at once, then one file when its hour is over."""

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
    """A file that waits, and when it is due: the end of the time that it covers."""

    path: Path
    name: str
    due_at: datetime

    @property
    def is_history(self) -> bool:
        """Tell whether it belongs to the first load."""
        return "/history/" in self.name


def waiting(outbox: Path) -> list[Delivery]:
    """Return the files of the outbox, in order of their due time."""
    found = []
    for path in outbox.glob("landing/**/*_*.*"):
        if path.is_file():
            window = WINDOW.search(path.name)
            due_at = _moment(window[2]) if window else datetime.min.replace(tzinfo=UTC)
            found.append(Delivery(path, path.relative_to(outbox).as_posix(), due_at))
    return sorted(found, key=lambda delivery: (delivery.due_at, delivery.name))


def deliver(delivery: Delivery, objects: Path) -> None:
    """Move a file into the landing area: whole or not at all."""
    target = objects / delivery.name
    target.parent.mkdir(parents=True, exist_ok=True)
    delivery.path.replace(target)


def deliver_due(outbox: Path, objects: Path, now: datetime, *, is_history: bool) -> int:
    """Deliver what is due of the first load, or of what came after it; return how many files."""
    due = [d for d in waiting(outbox) if d.is_history == is_history and d.due_at <= now]
    for delivery in due:
        deliver(delivery, objects)
    return len(due)


def main() -> None:
    """Deliver each file of an outbox when its time is over, until none is left.

    Args (command line): the outbox, the object store's folder.
    """
    outbox, objects = map(Path, sys.argv[1:3])
    while files := [delivery for delivery in waiting(outbox) if not delivery.is_history]:
        wait = (files[0].due_at - datetime.now(UTC)).total_seconds()
        if wait > 0:
            time.sleep(min(wait, 30.0))  # not longer: a laptop sleeps, and its clock does not
            continue
        deliver(files[0], objects)
        print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC delivered {files[0].name}", flush=True)


def file_name(prefix: str, start: datetime, end: datetime, suffix: str) -> str:
    """Name a file after the half-open time that it covers."""
    return f"{prefix}_{start:%Y%m%dT%H%MZ}_{end:%Y%m%dT%H%MZ}.{suffix}"


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%MZ").replace(tzinfo=UTC)


if __name__ == "__main__":
    main()
