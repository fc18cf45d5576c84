"""Explains the value of a customer: the history, the parameters, a purchase of today. Pure."""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Floats
from scoring.value.model import METHODS, CustomerValueModel
from scoring.value.purchases import Histories
from scoring.value.rows import HISTORY, HORIZONS, of_matrix


def lines(model: CustomerValueModel, row: Floats, merchant: str) -> list[str]:
    """Return lines for a person about the value of one customer.

    Args:
        model: of the run.
        row: [1, columns + 1] the customer's row of the matrix.
        merchant: the id of its merchant.
    """
    parameters = model.parameters_of(row[:, -1])
    names = list(model.features or ())
    histories, values = of_matrix(row[:, [names.index(name) for name in HISTORY]])
    active = parameters.purchases.active(histories)[0]
    is_own = bool(np.isfinite(row[0, -1]))
    owner = f"merchant {merchant}" if is_own else "all merchants together"
    method = METHODS[int(model.method_of(row[:, -1])[0])]
    bought = Histories(histories.repeats + 1, histories.age, histories.age)
    days = HORIZONS[-1]
    now, then = (
        parameters.purchases.expected(history, float(days))[0] for history in (histories, bought)
    )
    remark = "" if parameters.purchases.shows_dropout else " (no dropout shows in the purchases)"
    return [
        f"valued by {method}, with the parameters of {owner}",
        f"{histories.repeats[0]:.0f} purchase days after the first one, the last one "
        f"{histories.recency[0]:.0f} days after it; the first one was {histories.age[0]:.0f} days "
        "ago",
        f"MBG/NBD: active with probability {active:.3f}{remark}, {now:.2f} purchases in {days} "
        f"days; the expected value of a purchase is {parameters.values.expected(values)[0]:.2f}",
        f"after one more purchase today: active with probability "
        f"{parameters.purchases.active(bought)[0]:.3f}, {then:.2f} purchases in {days} days",
    ]
