"""Grades the confidence of a credit decision by cut-off distance and second model. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Floats
from scoring.decision.hits import level_of
from scoring.decision.outcome import Confidence
from scoring.decision.policy.credit import CreditPolicy

# keeps log-odds finite: a probability of one in a million
_EDGE = 1e-6


def confidence_of(probability: Floats, second: Floats, policy: CreditPolicy) -> NDArray[np.object_]:
    """Return low, medium or high for n probabilities.

    Args:
        probability: [n], of the model that decides; NaN is low.
        second: [n], of the other model; NaN counts as disagreement.
        policy: cut-offs and bands, the bands in log-odds.
    """
    bands = policy.confidence
    here, there = _log_odds(probability), _log_odds(second)
    cut_offs = _log_odds(np.array([policy.review, policy.decline]))
    distance = np.abs(here[:, None] - cut_offs).min(axis=1)
    difference = np.abs(here - there)
    is_one_side = level_of(probability, policy.review, policy.decline) == level_of(
        second, policy.review, policy.decline
    )
    is_high = (distance >= bands.far) & (difference <= bands.agree) & is_one_side
    is_middle = (distance >= bands.near) & (difference <= bands.disagree)
    return np.select(
        [is_high, is_middle], [Confidence.HIGH.value, Confidence.MEDIUM.value], Confidence.LOW.value
    ).astype(object)


def _log_odds(probability: Floats) -> Floats:
    inside = np.clip(probability, _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(inside) - np.log1p(-inside))
