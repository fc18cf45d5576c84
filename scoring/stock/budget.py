"""Choose the orders of a limited budget by the margin that they save per money. Pure."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Flags, Floats


class Verdict(StrEnum):
    """The result for the order of a product."""

    NOT_NEEDED = "not_needed"
    PROPOSED = "proposed"
    OVER_BUDGET = "over_budget"
    UNKNOWN_COST = "unknown_cost"  # a budget cannot hold it


def verdicts(
    quantity: NDArray[np.int64], saved_margin: Floats, cost: Floats, budget: float | None
) -> NDArray[np.object_]:
    """Return the verdict on each order: [P].

    Args:
        quantity: [P] pieces; 0 = no order is needed.
        saved_margin: [P] expected margin that the order saves; NaN counts as 0.
        cost: [P] of the order; NaN = unknown.
        budget: the money; None = without a limit.
    """
    is_needed = quantity > 0
    is_priced = np.isfinite(cost)
    verdict = np.where(is_needed, Verdict.PROPOSED.value, Verdict.NOT_NEEDED.value).astype(object)
    if budget is None:
        return verdict
    candidates = np.flatnonzero(is_needed & is_priced)
    verdict[is_needed & ~is_priced] = Verdict.UNKNOWN_COST.value
    margin = np.nan_to_num(saved_margin[candidates])
    verdict[candidates[~chosen(margin, cost[candidates], budget)]] = Verdict.OVER_BUDGET.value
    return verdict


def chosen(margin: Floats, cost: Floats, budget: float) -> Flags:
    """Return which orders the budget pays, by descending margin per cost: [n].

    An order that does not fit is left out, and later orders that fit are taken. Orders of equal
    rank keep their order.
    """
    per_money = np.divide(margin, cost, out=np.full(len(cost), np.inf), where=cost > 0)
    open_orders = np.argsort(-per_money, kind="stable")
    taken, left = np.zeros(len(cost), dtype=np.bool_), budget
    while True:
        # an order that does not fit now never fits later, so each round takes at least one
        open_orders = open_orders[cost[open_orders] <= left]
        if not len(open_orders):
            return taken
        spent = np.cumsum(cost[open_orders])
        fitting = int(np.searchsorted(spent, left, side="right"))
        taken[open_orders[:fitting]] = True
        left -= float(spent[fitting - 1])
        open_orders = open_orders[fitting:]
