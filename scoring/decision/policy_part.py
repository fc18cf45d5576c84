"""What the parts of a policy file have in common: they are frozen, and know every key they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PolicyPart(BaseModel):
    """A part of a policy; a key that nobody reads is an error, not a comment."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(PolicyPart):
    """One rule: where its condition is true, the outcome is at least this strict."""

    rule_id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    outcome: Literal["review", "decline"]
    when: str
    is_knock_out: bool = False  # not even an allow-list lowers it
    analyst_text: str
    applicant_text: str


def require_unique_rules(rules: Sequence[Rule]) -> None:
    """Refuse rules of which two share an id.

    Raises:
        ValueError: two do.
    """
    ids = [rule.rule_id for rule in rules]
    if len(ids) != len(set(ids)):
        raise ValueError("two rules share one rule_id")
