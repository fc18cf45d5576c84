"""Finds the gate of a model that waits for the decision of a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from features.platform import database
from features.platform.settings import Settings
from scoring.models import gate_plan, registry
from scoring.promotion import gate_records, gate_report
from scoring.promotion.gate_records import Gate
from scoring.runs.pins import ModelPin
from scoring.shadow import standing
from scoring.shadow.standing import Standing

_DECIDED = """
    select action, person, decided_at
    from audit.model_decisions
    where
        model = %(model)s
        and version = %(version)s
        and sha256 = %(sha256)s
        and decided_at >= %(gated_at)s
    order by decision_seq desc
    limit 1
"""
_DONE = {
    "promote": "promoted it",
    "reject": "rejected it",
    "rollback": "rolled back to it",
    "override": "put it in force by an override",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A passed gate without a decision.

    Args:
        gate: as it is recorded.
        extended_at: when a person, or nobody's answer, extended the shadow since; None: never.
        shadow: of the challenger so far.
    """

    gate: Gate
    extended_at: datetime | None
    shadow: Standing

    @property
    def page(self) -> str:
        """The comparison, and the length of the shadow, as Markdown."""
        lines = (
            f"- In shadow it has decided {self.shadow.rows:,} rows of {self.shadow.days:,} days, "
            f"and {self.shadow.failures:,} runs not to their end",
            "- What would change: `serving.shadow_comparison`, `serving.shadow_flows`",
        )
        return "\n".join([gate_report.as_markdown(self.gate), *lines]) + "\n"


def find(connection: psycopg.Connection[Any], model: str, settings: Settings) -> Waiting | str:
    """Return the newest gate of a model if it passed and waits, otherwise why none does.

    A gate waits for its shadow to have the days and rows of the plan. It waits no longer once its
    version was promoted or rejected, or once the alias `challenger` names another version. A longer
    shadow leaves it waiting.

    Args:
        connection: of role `score`.
        model: the registered model.
        settings: access to the registry.

    Raises:
        ModelUnavailableError: the registry does not answer.
        ConfigurationError: the gate plan of the model is malformed.
    """
    gate = gate_records.newest(connection, model)
    if gate is None:
        return f"{model} has no gate yet"
    name, plan = f"{model} version {gate.challenger_version}", gate_plan.load(model)
    if plan is None or not plan.promotes(gate.verdict):
        return f"the newest gate of {model} has not passed: {name} is {gate.verdict}"
    decided = database.fetch_optional(
        connection,
        f"read the decisions about {model}",
        _DECIDED,
        {
            "model": model,
            "version": gate.challenger_version,
            "sha256": gate.challenger_sha256,
            "gated_at": gate.gated_at,
        },
    )
    action, person, decided_at = decided or (None, None, None)
    if action in _DONE:
        return f"{name} waits no longer: {person} {_DONE[action]} at {decided_at:%Y-%m-%d %H:%M}"
    number = registry.aliases_of(model, settings).get(registry.CHALLENGER)
    if number != gate.challenger_version:
        now = f"version {number}" if number else "no version"
        return f"{name} was replaced since its gate: {now} has the alias challenger"
    challenger = ModelPin(model, gate.challenger_version, gate.challenger_sha256, "", "")
    shadow = standing.of(connection, challenger)
    if lacking := shadow.shortfall(plan.shadow.shortest_days, plan.shadow.fewest_rows):
        return f"{name} has passed its gate and waits for its shadow: {lacking}"
    return Waiting(gate, decided_at, shadow)
