"""Ranks candidate reasons and renders at most four, the decisive ones first.

Regulation B (12 CFR 1002.9(b)(2)) requires the principal reasons actually used; its official
interpretation calls more than four reasons unhelpful. Pure, and without a loop over rows.
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
# among reasons of the same outcome, the more certain origin comes first
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
class FeatureReason:
    """The reason texts of one feature, under the code of its characteristic."""

    code: str  # of the characteristic
    feature: str
    analyst_text: str
    applicant_text: str | None = None  # only for applicants


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reason that n rows may have.

    Attributes:
        code: the reason code.
        origin: the source of the reason.
        text: for the analyst.
        is_present: [n], the rows that have this reason.
        level: [n], the outcome that the reason supports.
        weight: [n], its rank among reasons of one origin; written only for a model's reasons.
        feature: the feature behind a model's reason.
        applicant_text: for the notice; None if the subject is not an application.
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
        """The candidate's JSON object up to the weight, which differs by row."""
        head = {
            "code": self.code,
            "origin": self.origin.value,
            "feature": self.feature,
            "text": self.text,
        }
        if self.applicant_text is not None:
            head["applicant_text"] = self.applicant_text
        return json.dumps(head)[:-1] + ', "weight": '


def render(
    candidates: Sequence[Candidate],
    outcome: NDArray[np.int8],
    is_reserved: NDArray[np.bool_] | None = None,
) -> pa.Array:
    """Return the reasons of n rows as JSON text.

    Args:
        candidates: the reasons; each row has at least one.
        outcome: [n], the decided outcomes.
        is_reserved: [n], the rows that leave the last place to another reason; None: no row.

    Returns:
        A string array [n]; each is a JSON list of 1 to 4 objects with code, origin, feature, text
        and weight (feature and log-odds for the model, null otherwise).
    """
    rows = len(outcome)
    keys = np.full((rows, len(candidates)), np.inf)
    for i, candidate in enumerate(candidates):
        is_decisive = candidate.level >= outcome
        # decisive first, then by origin, then by weight; ties keep the order of the columns
        weight = 1.0 - 1.0 / (1.0 + np.maximum(candidate.weight, 0.0))
        key = np.where(is_decisive, 0, 10) + _RANK[candidate.origin] + (1.0 - weight) * 0.5
        keys[:, i] = np.where(candidate.is_present, key, np.inf)
    order = np.argsort(keys, axis=1, kind="stable")[:, :LIMIT]
    chosen = np.take_along_axis(keys, order, axis=1)
    if is_reserved is not None:
        chosen[is_reserved, LIMIT - 1 :] = np.inf

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
    joined = slots[0]  # every row that is not approved has a first reason
    for slot in slots[1:]:
        longer = pc.binary_join_element_wise(joined, slot, ", ")
        joined = pc.coalesce(longer, joined)
    return pc.binary_join_element_wise("[", joined, "]", "")


def of_model(
    feature_reasons: Sequence[FeatureReason],
    weights: NDArray[np.float64],
    is_adverse: NDArray[np.bool_],
    level: NDArray[np.int8],
) -> list[Candidate]:
    """Return a model's reasons: its positive contributions, or else its largest one.

    Args:
        feature_reasons: code, feature and texts by column of `weights`.
        weights: [n, len(feature_reasons)], log-odds; NaN if another feature represents the
            characteristic.
        is_adverse: [n], whether the model's own outcome is stricter than an approval.
        level: [n], the model's outcome.
    """
    added = np.nan_to_num(weights, nan=-np.inf)
    # a score over the cut-off without positive contributions still names its largest one
    largest = added.max(axis=1, initial=-np.inf)[:, None]
    present = (added > 0) | ((largest <= 0) & (added == largest) & np.isfinite(added))
    return [
        Candidate(
            code=reason.code,
            origin=Origin.MODEL,
            text=reason.analyst_text,
            is_present=is_adverse & present[:, i],
            level=level,
            weight=np.nan_to_num(weights[:, i]),
            feature=reason.feature,
            applicant_text=reason.applicant_text,
        )
        for i, reason in enumerate(feature_reasons)
    ]


def of_rules(
    rules: Sequence[Rule], hits: NDArray[np.bool_], *, for_applicants: bool = False
) -> list[Candidate]:
    """Return the reasons of rules: present in the rows that the rule hit, at the rule's outcome.

    Args:
        rules: of a policy.
        hits: [n, len(rules)].
        for_applicants: whether the reasons also need the notice's text.
    """
    rows = len(hits)
    return [
        Candidate(
            code=rule.rule_id,
            origin=Origin.KNOCK_OUT if rule.is_knock_out else Origin.RULE,
            text=rule.analyst_text,
            is_present=hits[:, i],
            level=np.full(rows, Outcome.of(rule.outcome), dtype=np.int8),
            weight=np.zeros(rows),
            applicant_text=rule.applicant_text if for_applicants else None,
        )
        for i, rule in enumerate(rules)
    ]
