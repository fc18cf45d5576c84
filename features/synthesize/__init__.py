"""Synthetic card traffic of known truth: what the demo, the tests and the benches run on.

`synthesize(plan, sink)` writes the landing area of the source `synthetic`, feed by feed, and the
truth beside it. The same plan writes the same bytes; memory depends on the number of customers and
never on the number of rows.
"""

from __future__ import annotations

from features.synthesize.generate import synthesize
from features.synthesize.plan import FileFormat, Plan
from features.synthesize.tally import Counts

__all__ = ["Counts", "FileFormat", "Plan", "synthesize"]
