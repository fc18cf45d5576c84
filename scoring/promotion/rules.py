"""States what a model must have behind it before it may decide."""

from __future__ import annotations

from typing import Any

import psycopg

from scoring.models import gate_plan
from scoring.models.gate_plan import Verdict
from scoring.promotion.facts import Rules
from scoring.runs.pins import ModelPin
from scoring.shadow import standing


def of(model: str) -> Rules:
    """Return the rules of a model: a model with a gate plan needs a passed gate.

    Raises:
        ConfigurationError: the plan of the model cannot be read.
    """
    plan = gate_plan.load(model)
    if plan is None:
        return Rules(is_gated=False)
    return Rules(is_gated=True, passing=tuple(v.value for v in Verdict if plan.promotes(v)))


def shadow_flaw(connection: psycopg.Connection[Any], pin: ModelPin) -> str | None:
    """Return what the shadow of a challenger lacks, or that it has expired; None without a plan.

    Args:
        connection: of role `score`.
        pin: the challenger.
    """
    plan = gate_plan.load(pin.name)
    if plan is None:
        return None
    if expired := standing.expired_at(connection, pin, plan.shadow.longest_days):
        return (
            f"its shadow expired on {expired:%Y-%m-%d}, after {plan.shadow.longest_days} days; "
            "train a challenger anew, or extend the shadow: `vesper models reject --extend`"
        )
    shadow = standing.of(connection, pin)
    return shadow.shortfall(plan.shadow.shortest_days, plan.shadow.fewest_rows)
