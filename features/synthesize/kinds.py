"""Choose the kinds of transactions: some rows are refunds, reversals or card checks.

A kind is drawn for a row that is there already, so other draws stay as they were. Fraudsters try a
card by checks; refunds and reversals are honest.
"""

from __future__ import annotations

import numpy as np

from features.feeds.transactions import KINDS
from features.synthesize.calendar import Span
from features.synthesize.randomness import I64, Stream, generator
from features.synthesize.rows import Rows, Scenario

NAMES = KINDS
PURCHASE, REFUND, REVERSAL, CHECK = range(4)

_SHARES = {REFUND: 0.015, REVERSAL: 0.003, CHECK: 0.004}  # of honest rows
_TRIED = 0.25  # share of checks among the rows of a velocity attack


def choose(rows: Rows, seed: int, span: Span) -> I64:
    """Return the kind of each row of a span: an index into `NAMES`.

    Args:
        rows: ordered by time.
        seed: of the plan.
        span: of the rows.
    """
    draws = generator(seed, Stream.KINDS, span.key).random(len(rows))
    bounds = np.cumsum(list(_SHARES.values()))
    usual = np.concatenate((list(_SHARES), [PURCHASE]))[np.searchsorted(bounds, draws, "right")]
    tried = np.where(draws < _TRIED, CHECK, PURCHASE)
    fraud = np.where(rows.scenario == Scenario.VELOCITY_ATTACK, tried, PURCHASE)
    kinds: I64 = np.where(rows.scenario == Scenario.NONE, usual, fraud).astype(np.int64)
    return kinds
