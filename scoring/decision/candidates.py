"""Reasons as candidates, and the choice among them: at most four, what decided first.

Regulation B (12 CFR 1002.9(b)(2)) wants the principal reasons actually used; its official
interpretation finds more than four unhelpful. Pure, and without a loop over rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from scoring.decision.outcome import Origin, Outcome
from scoring.decision.policy.part import Rule

LIMIT = 4
# among reasons of the same outcome: the firmer ground first
_RANK = {
    Origin.KNOCK_OUT: 0,
    Origin.DEGRADED: 1,
    Origin.AFFORDABILITY: 1,
    Origin.FRAUD: 2,
    Origin.RULE: 2,
    Origin.MODEL: 3,
    Origin.ANOMALY: 4,
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """A feature that may speak for its characteristic in a reason."""

    code: str  # of the characteristic
    feature: str
    analyst_text: str
    applicant_text: str | None = None  # where the subject is an applicant


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reason that n rows may have.

    Attributes:
        code: of the reason.
        origin: what it comes from.
        text: for the analyst.
        is_present: [n], where it moved the row.
        level: [n], the outcome that it asked for.
        weight: [n], what it counts among those of its origin; written for a model's reasons.
        feature: that speaks, for a model's reasons.
        applicant_text: for the notice; left out where the subject is no application.
    """

    code: str
    origin: Origin
    text: str
    is_present: NDArray[np.bool_]
    level: NDArray[np.int8]
    weight: NDArray[np.float64]
    feature: str | None = None
    applicant_text: str | None = None

    @property
    def prefix(self) -> str:
        """Its JSON object up to the weight, which differs by row."""
        head = {
            "code": self.code,
            "origin": self.origin.value,
            "feature": self.feature,
            "text": self.text,
        }
        if self.applicant_text is not None:
            head["applicant_text"] = self.applicant_text
        return json.dumps(head)[:-1] + ', "weight": '


def render(candidates: Sequence[Candidate], outcome: NDArray[np.int8]) -> pa.Array:
    """Return the reasons of n rows as JSON text.

    Args:
        candidates: of which each row has at least one.
        outcome: [n], what was decided.

    Returns:
        A string array [n]; each is a JSON list of 1 to 4 objects with code, origin, feature, text
        and weight (feature and log-odds for the model, null otherwise).
    """
    rows = len(outcome)
    keys = np.full((rows, len(candidates)), np.inf)
    for i, candidate in enumerate(candidates):
        is_decisive = candidate.level >= outcome
        # decisive first, then by origin, then by weight; column order breaks what ties are left
        weight = 1.0 - 1.0 / (1.0 + np.maximum(candidate.weight, 0.0))
        key = np.where(is_decisive, 0, 10) + _RANK[candidate.origin] + (1.0 - weight) * 0.5
        keys[:, i] = np.where(candidate.is_present, key, np.inf)
    order = np.argsort(keys, axis=1, kind="stable")[:, :LIMIT]
    chosen = np.take_along_axis(keys, order, axis=1)

    prefixes = pa.array([candidate.prefix for candidate in candidates])
    weight_of = np.stack([candidate.weight for candidate in candidates], axis=1)
    slots = []
    for slot in range(order.shape[1]):
        pick = order[:, slot]
        weight = pa.array(np.round(np.take_along_axis(weight_of, pick[:, None], axis=1)[:, 0], 6))
        is_model = pa.array(np.array([c.origin is Origin.MODEL for c in candidates])[pick])
        number = pc.if_else(is_model, pc.cast(weight, pa.string()), "null")
        text = pc.binary_join_element_wise(prefixes.take(pa.array(pick)), number, "}", "")
        slots.append(
            pc.if_else(pa.array(np.isfinite(chosen[:, slot])), text, pa.scalar(None, pa.string()))
        )
    joined = slots[0]  # whatever was not approved has a first reason
    for slot in slots[1:]:
        longer = pc.binary_join_element_wise(joined, slot, ", ")
        joined = pc.coalesce(longer, joined)
    return pc.binary_join_element_wise("[", joined, "]", "")


def of_model(
    speakers: Sequence[Speaker],
    weights: NDArray[np.float64],
    is_asked: NDArray[np.bool_],
    level: NDArray[np.int8],
) -> list[Candidate]:
    """Return a model's reasons: what spoke for a stricter answer, and never nothing.

    Args:
        speakers: code, feature and text by column of `weights`.
        weights: [n, len(speakers)], log-odds; NaN where another feature speaks.
        is_asked: [n], where the model itself asked for more than an approval.
        level: [n], what it asked for.
    """
    said = np.nan_to_num(weights, nan=-np.inf)
    # a score over the cut-off whose parts are all zero or less still names its largest part
    largest = said.max(axis=1, initial=-np.inf)[:, None]
    present = (said > 0) | ((largest <= 0) & (said == largest) & np.isfinite(said))
    return [
        Candidate(
            speaker.code,
            Origin.MODEL,
            speaker.analyst_text,
            is_asked & present[:, i],
            level,
            np.nan_to_num(weights[:, i]),
            speaker.feature,
            speaker.applicant_text,
        )
        for i, speaker in enumerate(speakers)
    ]


def of_rules(
    rules: Sequence[Rule], hits: NDArray[np.bool_], *, for_applicants: bool = False
) -> list[Candidate]:
    """Return the reasons of rules: each where it hit, at the outcome that it asks for.

    Args:
        rules: of a policy.
        hits: [n, len(rules)].
        for_applicants: whether the reasons are for a notice as well.
    """
    rows = len(hits)
    return [
        Candidate(
            rule.rule_id,
            Origin.KNOCK_OUT if rule.is_knock_out else Origin.RULE,
            rule.analyst_text,
            hits[:, i],
            np.full(rows, Outcome.of(rule.outcome), dtype=np.int8),
            np.zeros(rows),
            applicant_text=rule.applicant_text if for_applicants else None,
        )
        for i, rule in enumerate(rules)
    ]
