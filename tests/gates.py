"""Make compared rows of champion and challenger for the tests of gates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import expit

from scoring.models import gate_plan
from scoring.models.compared import Compared
from scoring.models.gate_plan import GatePlan

_PLAN = gate_plan.load("fraud_transactions")
assert _PLAN is not None
#: The shipped plan with fewer draws.
PLAN: GatePlan = _PLAN.model_copy(
    update={"bootstrap": _PLAN.bootstrap.model_copy(update={"replicates": 200})}
)


def rows_of(
    count: int = 8_000,
    *,
    noise: tuple[float, float] = (0.5, 0.5),
    customers: int = 1_000,
    seed: int = 0,
    **changed: Any,
) -> Compared:
    """Return rows whose scores are the true log-odds plus noise, the same for equal seeds.

    Args:
        count: of rows.
        noise: of the champion and of the challenger; more noise ranks worse.
        customers: their number.
        seed: of all draws.
        changed: fields of the result to replace.
    """
    draw = np.random.default_rng(seed)
    truth = draw.normal(-4.0, 1.5, count)
    scores = [truth + size * draw.normal(size=count) for size in noise]
    rows = Compared(
        is_event=draw.random(count) < expit(truth),
        champion=expit(scores[0]),
        challenger=expit(scores[1]),
        cluster=draw.integers(0, customers, count),
        amount=np.exp(draw.normal(3.5, 1.0, count)),
        week=np.arange(count) * 4 // count,
        segments={"channel": np.array(["web", "pos"])[draw.integers(0, 2, count)]},
        reasons=(np.full(count, "amount"), np.full(count, "amount")),
        seconds=(0.1, 0.1),
    )
    return replace(rows, **changed)


def swapped(rows: Compared) -> Compared:
    """Return the rows with champion and challenger exchanged."""
    assert rows.reasons
    assert rows.seconds
    return replace(
        rows,
        champion=rows.challenger,
        challenger=rows.champion,
        reasons=rows.reasons[::-1],
        seconds=rows.seconds[::-1],
    )
