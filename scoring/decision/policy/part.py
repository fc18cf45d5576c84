"""Defines the base of all parts of a policy file: frozen models that refuse unknown keys."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _one_line(text: str) -> str:
    if not text.strip():
        raise ValueError("expected a text that is not blank")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in text):
        raise ValueError("expected one line without control characters")
    return text


def _identifier(text: str) -> str:
    if text != text.strip() or any(unicodedata.category(character) == "Cf" for character in text):
        raise ValueError("expected an identifier without blanks around it or hidden characters")
    return text


#: A text for readers: one line, not blank.
Line = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_one_line)]
#: An identifier as rows carry it. With a blank around it, it would match no row.
Identifier = Annotated[Line, AfterValidator(_identifier)]
#: An amount in minor units, or a count. The bound keeps later arithmetic within its types.
WholeNumber = Annotated[int, Field(le=10**15)]


class PolicyPart(BaseModel):
    """A part of a policy; an unknown key is an error, not a comment."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Rule(PolicyPart):
    """One rule: a row that meets its condition gets at least this outcome."""

    rule_id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    outcome: Literal["review", "decline"]
    when: str = Field(min_length=1)
    is_knock_out: bool = False  # an allow-list does not lower it
    analyst_text: Line
    applicant_text: Line


def require_unique_rules(rules: Sequence[Rule]) -> None:
    """Refuse rules with a repeated id.

    Raises:
        ValueError: two rules share an id; the message names it.
    """
    ids = [rule.rule_id for rule in rules]
    if len(ids) != len(set(ids)):
        twice = sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1})
        raise ValueError(f"two rules share one rule_id: {', '.join(twice)}")
