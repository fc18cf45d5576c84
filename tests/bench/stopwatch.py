"""Measure the seconds of named steps, and print the result of a measured process."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

Result = TypeVar("Result")


@dataclass
class Stopwatch:
    """Record the seconds of each step."""

    seconds: dict[str, float] = field(default_factory=dict)

    def timed(self, name: str, work: Callable[[], Result]) -> Result:
        """Measure the body of the context under a name."""
        started = time.perf_counter()
        result = work()
        self.seconds[name] = time.perf_counter() - started
        return result

    def tell(self, rows: int) -> None:
        """Write the result as one line: rows, seconds, and the peak of memory of one process."""
        own, children = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
        peak_mib = max(resource.getrusage(who).ru_maxrss for who in (own, children)) / 1024
        told = {"rows": rows, "seconds": self.seconds, "peak_mib": peak_mib}
        sys.stdout.write(json.dumps(told) + "\n")
