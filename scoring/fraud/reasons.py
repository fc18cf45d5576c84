"""Builds the reasons of a transaction that was not approved, one per characteristic. Pure.

A reason must have moved the row. So the model's contributions count only if the model's own level
is stricter than an approval, and a rule counts only if it hit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scoring.decision.candidates import Candidate, FeatureReason, of_model, of_rules
from scoring.decision.candidates import render as rendered
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Origin, Outcome, Status
from scoring.fraud.merge import Decisions

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


def render(
    decisions: Decisions,
    fraud: ComponentScores,
    feature_reasons: Sequence[FeatureReason],
    weights: NDArray[np.float64],
) -> pa.Array:
    """Return the reasons of n rows that were not approved, as JSON text.

    Args:
        decisions: of these n rows.
        fraud: the fraud component of these rows; its status explains a degraded row.
        feature_reasons: code, feature and texts by column of `weights`.
        weights: [n, len(feature_reasons)], log-odds towards fraud of the feature's characteristic.
            NaN if another feature represents it, or the model is not adverse.

    Returns:
        A string array [n]; each is a JSON list of 1 to 4 objects with code, origin, feature, text
        and weight (feature and log-odds for the model, null otherwise).
    """
    is_adverse = decisions.fraud_level > Outcome.APPROVE
    candidates = [
        *_degraded(decisions, fraud),
        *of_rules(decisions.rules, decisions.rule_hits),
        *of_model(feature_reasons, weights, is_adverse, decisions.fraud_level),
        _anomaly(decisions),
    ]
    is_reserved = decisions.overrides.is_valid().to_numpy(zero_copy_only=False)
    return rendered(candidates, decisions.outcome, is_reserved)


def _degraded(decisions: Decisions, fraud: ComponentScores) -> list[Candidate]:
    review = np.full(len(decisions.outcome), Outcome.REVIEW, dtype=np.int8)
    candidates = [
        Candidate(
            code=status.value,
            origin=Origin.DEGRADED,
            text=text,
            is_present=decisions.is_degraded & (fraud.status == status),
            level=review,
            weight=np.zeros(len(review)),
        )
        for status, text in DEGRADED_TEXTS.items()
    ]
    # only the unsupervised model failed
    candidates.append(
        Candidate(
            code="anomaly_unavailable",
            origin=Origin.DEGRADED,
            text="The anomaly model returned no usable score",
            is_present=decisions.is_degraded & fraud.is_ok,
            level=review,
            weight=np.zeros(len(review)),
        )
    )
    return candidates


def _anomaly(decisions: Decisions) -> Candidate:
    return Candidate(
        code=ANOMALY_CODE,
        origin=Origin.ANOMALY,
        text=ANOMALY_TEXT,
        is_present=decisions.anomaly_level > Outcome.APPROVE,
        level=decisions.anomaly_level,
        weight=np.zeros(len(decisions.outcome)),
    )
