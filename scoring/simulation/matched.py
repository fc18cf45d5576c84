"""Compares two policies at the same approval rate, and at the same bad rate. Pure.

Fewer approvals alone give fewer bad ones. So the candidate is moved along its own order, approved
rows first and then by score, until it approves as many rows as were approved, or has the same bad
rate. Declined rows count as bad as observed rows of neighbouring scores. Rows that have not matured
are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats
from scoring.decision.outcome import Outcome
from scoring.simulation.bounds import neighbouring_rates
from scoring.simulation.flows import cells_where
from scoring.simulation.tally import BANDS, CELLS, LEVELS, Label, Tally


@dataclass(frozen=True, slots=True)
class Matched:
    """Both policies on the matured rows of a window.

    Attributes:
        rate_before: share of rows that were approved.
        bad_before: bad rate of these; None if none is observed.
        rate_after: share of rows that the candidate approves.
        bad_after: bad rate of these, declined rows by assumption.
        bad_at_old_rate: bad rate of the candidate's order at the old approval rate.
        rate_at_old_bad: greatest approval rate of its order with at most the old bad rate.
        unobserved_at_old_rate: declined rows among those of `bad_at_old_rate`.
    """

    rate_before: float
    bad_before: float | None
    rate_after: float
    bad_after: float | None
    bad_at_old_rate: float | None
    rate_at_old_bad: float | None
    unobserved_at_old_rate: int


def matched(tally: Tally) -> Matched | None:
    """Return the matched readings; None if no row has matured."""
    rates = neighbouring_rates(tally)
    seen = tally.bands[:, :, [Label.GOOD, Label.BAD, Label.DECLINED]].astype(np.float64)
    total = float(seen.sum())
    if total == 0:
        return None
    before, after = cells_where(Outcome.APPROVE, None), cells_where(None, Outcome.APPROVE)
    assumed = np.nan_to_num(rates)[:, None] * seen[:, :, 2]
    bad, rows = seen[:, :, 1] + assumed, seen.sum(axis=2)
    order = _order()
    ordered_rows, ordered_bad = rows.ravel()[order], bad.ravel()[order]
    ordered_unobserved = seen[:, :, 2].ravel()[order]
    approved = float(rows[:, before].sum())
    known = bool(seen[:, :, :2].sum())
    bad_before = _ratio(float(bad[:, before].sum()), approved) if known else None
    return Matched(
        approved / total,
        bad_before,
        float(rows[:, after].sum()) / total,
        _ratio(float(bad[:, after].sum()), float(rows[:, after].sum())) if known else None,
        _ratio(_up_to(ordered_rows, ordered_bad, approved), approved) if known else None,
        _rate_within(ordered_rows, ordered_bad, bad_before) / total
        if bad_before is not None
        else None,
        round(_up_to(ordered_rows, ordered_unobserved, approved)),
    )


def _order() -> np.ndarray:
    """Return the places of [BANDS + 1, CELLS] in the candidate's order: approved first, by score.

    Rows without a score come last in each part.
    """
    band, cell = np.divmod(np.arange((BANDS + 1) * CELLS), CELLS)
    return np.lexsort((cell, band, cell % LEVELS != Outcome.APPROVE))


def _up_to(rows: Floats, values: Floats, target: float) -> float:
    """Return the sum of the values of the first rows; a part of the last place counts by share."""
    ends = np.cumsum(rows)
    share = np.clip((target - (ends - rows)) / np.where(rows > 0, rows, 1.0), 0.0, 1.0)
    return float((values * np.where(rows > 0, share, 0.0)).sum())


def _rate_within(rows: Floats, bad: Floats, limit: float) -> float:
    """Return the most rows from the start with at most this bad rate."""
    all_rows, all_bad = np.cumsum(rows), np.cumsum(bad)
    within = np.flatnonzero((all_bad <= limit * all_rows + 1e-9) & (all_rows > 0))
    if not len(within):
        return 0.0
    last = int(within[-1])
    reached = float(all_rows[last])
    # part of the next place, whose rows are worse than the limit
    later = np.flatnonzero(rows[last + 1 :] > 0)
    if not len(later):
        return reached
    place = last + 1 + int(later[0])
    excess = bad[place] - limit * rows[place]
    spare = limit * reached - float(all_bad[last])
    return reached + float(rows[place]) * min(1.0, max(0.0, spare / excess) if excess > 0 else 0.0)


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
