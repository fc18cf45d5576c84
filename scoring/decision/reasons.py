"""Reasons of what was not approved: at most four, what decided first, one per characteristic.

Regulation B (12 CFR 1002.9(b)(2)) wants the principal reasons actually used; its official
interpretation finds more than four unhelpful. So a reason stands here only if it moved this row:
the model's contributions only where the model's own level asked for more than an approval, rules
only where they hit. Pure, and without a loop over rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from scoring.decision.merge import ComponentScores, Decisions
from scoring.decision.outcome import Origin, Outcome, Status

LIMIT = 4
# among reasons of the same outcome: the firmer ground first
_RANK = {
    Origin.KNOCK_OUT: 0,
    Origin.DEGRADED: 1,
    Origin.RULE: 2,
    Origin.MODEL: 3,
    Origin.ANOMALY: 4,
}
DEGRADED_TEXTS = {
    Status.NO_FX_RATE: "No exchange rate was known for the currency of this payment",
    Status.MODEL_UNAVAILABLE: "The model was not available",
    Status.MODEL_FAILED: "The model failed on these rows",
    Status.MODEL_TIMED_OUT: "The model did not answer in time",
    Status.INVALID_SCORE: "The model returned no usable score",
    Status.MISALIGNED_SCORES: "The model returned scores for other rows",
}
ANOMALY_CODE = "unusual_pattern"
ANOMALY_TEXT = "Unlike nearly all payments the model has learnt from"


@dataclass(frozen=True, slots=True)
class Speaker:
    """A feature that may speak for its characteristic in a reason."""

    code: str  # of the characteristic
    feature: str
    analyst_text: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    code: str
    origin: Origin
    text: str
    is_present: NDArray[np.bool_]
    level: NDArray[np.int8]
    weight: NDArray[np.float64]
    feature: str | None = None


def render(
    decisions: Decisions,
    fraud: ComponentScores,
    speakers: Sequence[Speaker],
    weights: NDArray[np.float64],
) -> pa.Array:
    """Return the reasons of n rows that were not approved, as JSON text.

    Args:
        decisions: of these n rows.
        fraud: their fraud component; its status explains a degraded row.
        speakers: code, feature and text by column of `weights`.
        weights: [n, len(speakers)], log-odds towards fraud of the characteristic that a feature
            speaks for; NaN where another feature does, or nothing was asked.

    Returns:
        A string array [n]; each is a JSON list of 1 to 4 objects with code, origin, feature, text
        and weight (feature and log-odds for the model, null otherwise).
    """
    candidates = [
        *_degraded(decisions, fraud),
        *_rules(decisions),
        *_model(decisions, speakers, weights),
        _anomaly(decisions),
    ]
    rows = len(decisions.outcome)
    keys = np.full((rows, len(candidates)), np.inf)
    for i, candidate in enumerate(candidates):
        is_decisive = candidate.level >= decisions.outcome
        # decisive first, then by origin, then by weight; column order breaks what ties are left
        weight = 1.0 - 1.0 / (1.0 + np.maximum(candidate.weight, 0.0))
        key = np.where(is_decisive, 0, 10) + _RANK[candidate.origin] + (1.0 - weight) * 0.5
        keys[:, i] = np.where(candidate.is_present, key, np.inf)
    order = np.argsort(keys, axis=1, kind="stable")[:, :LIMIT]
    chosen = np.take_along_axis(keys, order, axis=1)

    prefixes = pa.array([_prefix(candidate) for candidate in candidates])
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


def _prefix(candidate: _Candidate) -> str:
    head = {
        "code": candidate.code,
        "origin": candidate.origin.value,
        "feature": candidate.feature,
        "text": candidate.text,
    }
    return json.dumps(head)[:-1] + ', "weight": '


def _degraded(decisions: Decisions, fraud: ComponentScores) -> list[_Candidate]:
    review = np.full(len(decisions.outcome), Outcome.REVIEW, dtype=np.int8)
    found = [
        _Candidate(
            status.value,
            Origin.DEGRADED,
            text,
            decisions.is_degraded & (fraud.status == status),
            review,
            np.zeros(len(review)),
        )
        for status, text in DEGRADED_TEXTS.items()
    ]
    # the supervised model answered and the unsupervised one did not
    found.append(
        _Candidate(
            "anomaly_unavailable",
            Origin.DEGRADED,
            "The anomaly model returned no usable score",
            decisions.is_degraded & fraud.is_ok,
            review,
            np.zeros(len(review)),
        )
    )
    return found


def _rules(decisions: Decisions) -> list[_Candidate]:
    rows = len(decisions.outcome)
    return [
        _Candidate(
            rule.rule_id,
            Origin.KNOCK_OUT if rule.is_knock_out else Origin.RULE,
            rule.analyst_text,
            decisions.rule_hits[:, i],
            np.full(rows, Outcome.of(rule.outcome), dtype=np.int8),
            np.zeros(rows),
        )
        for i, rule in enumerate(decisions.rules)
    ]


def _model(
    decisions: Decisions, speakers: Sequence[Speaker], weights: NDArray[np.float64]
) -> list[_Candidate]:
    asked_for_more = decisions.fraud_level > Outcome.APPROVE
    said = np.nan_to_num(weights, nan=-np.inf)
    # a score over the cut-off whose parts are all zero or less still names its largest part
    largest = said.max(axis=1, initial=-np.inf)[:, None]
    present = (said > 0) | ((largest <= 0) & (said == largest) & np.isfinite(said))
    return [
        _Candidate(
            speaker.code,
            Origin.MODEL,
            speaker.analyst_text,
            asked_for_more & present[:, i],
            decisions.fraud_level,
            np.nan_to_num(weights[:, i]),
            speaker.feature,
        )
        for i, speaker in enumerate(speakers)
    ]


def _anomaly(decisions: Decisions) -> _Candidate:
    return _Candidate(
        ANOMALY_CODE,
        Origin.ANOMALY,
        ANOMALY_TEXT,
        decisions.anomaly_level > Outcome.APPROVE,
        decisions.anomaly_level,
        np.zeros(len(decisions.outcome)),
    )
