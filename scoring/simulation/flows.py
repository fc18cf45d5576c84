"""Derives the flow of decisions from the counts, with money and bad rates. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from features.platform.arrays import Integers
from scoring.decision.outcome import Outcome
from scoring.simulation.rates import Rate, bad_rate
from scoring.simulation.tally import CELLS, LEVELS, Label, Tally

#: Why a cell has no bad rate.
NOT_OBSERVABLE, NOT_MATURED, NOTHING = "not observable", "not matured", "no rows"


@dataclass(frozen=True, slots=True)
class Cell:
    """The rows with one outcome before and one after.

    Attributes:
        before: the outcome of the ledger.
        after: the outcome of the simulation.
        rows: their number.
        share: of all rows.
        amount_minor: at stake, in minor units of the base currency.
        observed: rows whose outcome is known.
        bad: of these.
        bad_rate: of the observed rows; None without any.
        why_not: why there is no rate; "" where there is one.
    """

    before: str
    after: str
    rows: int
    share: float
    amount_minor: int
    observed: int
    bad: int
    bad_rate: Rate | None
    why_not: str

    @property
    def is_moved(self) -> bool:
        """Whether the outcome differs."""
        return self.before != self.after


def cells_of(tally: Tally) -> list[Cell]:
    """Return the nine cells of the flow, in order of strictness before and after."""
    rows = tally.bands.sum(axis=0)
    money = tally.money.sum(axis=0)
    return [_cell(cell, rows[cell], int(money[cell].sum()), tally) for cell in range(CELLS)]


def _cell(cell: int, labels: Integers, amount: int, tally: Tally) -> Cell:
    before, after = Outcome(cell // LEVELS), Outcome(cell % LEVELS)
    count = int(labels.sum())
    rate = bad_rate(tally.clusters[:, cell])
    why_not = ""
    if count == 0:
        why_not = NOTHING
    elif before is Outcome.DECLINE:
        why_not = NOT_OBSERVABLE
    elif rate is None:
        why_not = NOT_MATURED if labels[Label.YOUNG] else NOT_OBSERVABLE
    return Cell(
        before.word,
        after.word,
        count,
        count / max(tally.rows, 1),
        amount,
        int(labels[Label.GOOD] + labels[Label.BAD]),
        int(labels[Label.BAD]),
        rate,
        why_not,
    )


def cells_where(before: Outcome | None, after: Outcome | None) -> list[int]:
    """Return the numbers of the cells with an outcome before or after; None is any."""
    return [
        cell
        for cell in range(CELLS)
        if (before is None or cell // LEVELS == before)
        and (after is None or cell % LEVELS == after)
    ]
