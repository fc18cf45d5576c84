"""States what a model must have behind it before it may decide."""

from __future__ import annotations

from scoring.models import gate_plan
from scoring.models.gate_plan import Verdict
from scoring.promotion.facts import Rules


def of(model: str) -> Rules:
    """Return the rules of a model: a model with a gate plan needs a passed gate.

    Raises:
        ConfigurationError: the plan of the model cannot be read.
    """
    plan = gate_plan.load(model)
    if plan is None:
        return Rules(is_gated=False)
    return Rules(is_gated=True, passing=tuple(v.value for v in Verdict if plan.promotes(v)))
