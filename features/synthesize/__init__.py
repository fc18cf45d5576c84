"""Synthesize card traffic, loans, sales and stock with known truth, for demo, tests, benchmarks.

`synthesize(plan, sink)` writes the landing area of the source `synthetic`, feed by feed, and the
truth beside it. The same plan gives the same bytes. Memory depends on the number of customers, not
on the number of rows.
"""

from __future__ import annotations

from features.synthesize.generate import synthesize
from features.synthesize.plan import FileFormat, Plan
from features.synthesize.tally import Counts

__all__ = ["Counts", "FileFormat", "Plan", "synthesize"]
