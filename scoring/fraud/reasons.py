"""Reasons of a payment that was not approved: what decided first, one per characteristic.

A reason stands here only if it moved this row: the model's contributions only where the model's own
level asked for more than an approval, rules only where they hit. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scoring.decision.candidates import Candidate, Speaker, of_model, of_rules
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
    asked_for_more = decisions.fraud_level > Outcome.APPROVE
    candidates = [
        *_degraded(decisions, fraud),
        *of_rules(decisions.rules, decisions.rule_hits),
        *of_model(speakers, weights, asked_for_more, decisions.fraud_level),
        _anomaly(decisions),
    ]
    return rendered(candidates, decisions.outcome)


def _degraded(decisions: Decisions, fraud: ComponentScores) -> list[Candidate]:
    review = np.full(len(decisions.outcome), Outcome.REVIEW, dtype=np.int8)
    found = [
        Candidate(
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
        Candidate(
            "anomaly_unavailable",
            Origin.DEGRADED,
            "The anomaly model returned no usable score",
            decisions.is_degraded & fraud.is_ok,
            review,
            np.zeros(len(review)),
        )
    )
    return found


def _anomaly(decisions: Decisions) -> Candidate:
    return Candidate(
        ANOMALY_CODE,
        Origin.ANOMALY,
        ANOMALY_TEXT,
        decisions.anomaly_level > Outcome.APPROVE,
        decisions.anomaly_level,
        np.zeros(len(decisions.outcome)),
    )
