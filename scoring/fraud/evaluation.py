"""How good a fraud model is: ranking, calibration and cards caught, with intervals. Pure.

Rows of one customer are not independent, so intervals come from a bootstrap of whole customers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]

REPLICATES = 200
CARDS_A_DAY = 100  # what a team of investigators can look at


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured value with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


class Ranking:
    """Labelled rows in order of a score: sorted once, then measured under any weights."""

    def __init__(self, is_fraud: Flags, score: Floats) -> None:
        self._order = np.argsort(-score, kind="stable")
        ranked = score[self._order]
        # rows of one score are one threshold
        self._ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
        self._is_fraud = is_fraud[self._order].astype(np.float64)

    def auc_roc(self, weight: Floats | None = None) -> float:
        """Return the chance that a fraud ranks above a genuine row."""
        frauds, genuine = self._counts(weight)
        return float(np.trapezoid(frauds, genuine) / (frauds[-1] * genuine[-1]))

    def average_precision(self, weight: Floats | None = None) -> float:
        """Return the mean precision over the recall that each threshold adds."""
        frauds, genuine = self._counts(weight)
        shown = frauds[1:] + genuine[1:]
        precision = np.divide(frauds[1:], shown, out=np.zeros_like(shown), where=shown > 0)
        return float(np.sum(np.diff(frauds) * precision) / frauds[-1])

    def _counts(self, weight: Floats | None) -> tuple[Floats, Floats]:
        weights = np.ones(len(self._order)) if weight is None else weight[self._order]
        frauds = np.cumsum(weights * self._is_fraud)[self._ends]
        shown = np.cumsum(weights)[self._ends]
        return np.append(0.0, frauds), np.append(0.0, shown - frauds)


def auc_roc(is_fraud: Flags, score: Floats) -> float:
    """Return the area under the ROC curve."""
    return Ranking(is_fraud, score).auc_roc()


def average_precision(is_fraud: Flags, score: Floats) -> float:
    """Return the average precision."""
    return Ranking(is_fraud, score).average_precision()


def interval(measure: Callable[[Floats | None], float], customer: Codes, seed: int = 0) -> Interval:
    """Return a measure with its 95 % interval over a bootstrap of customers.

    Args:
        measure: takes a weight per row, None for one each.
        customer: a code per row, from 0.
        seed: of the draws.
    """
    draw = np.random.default_rng(seed)
    customers = int(customer.max()) + 1
    drawn = [
        measure(
            np.bincount(draw.integers(0, customers, customers), minlength=customers)[
                customer
            ].astype(np.float64)
        )
        for _ in range(REPLICATES)
    ]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return Interval(measure(None), float(low), float(high))


def calibration_slope(is_fraud: Flags, probability: Floats) -> float:
    """Return by how much log-odds must be stretched to fit: 1 is right, below 1 is too sure."""
    bounded = np.clip(probability, 1e-12, 1.0 - 1e-12)
    fitted = LogisticRegression(C=np.inf).fit(logit(bounded)[:, None], is_fraud)
    return float(fitted.coef_[0, 0])


def observed_to_expected(is_fraud: Flags, probability: Floats) -> float:
    """Return frauds seen over frauds foretold."""
    return float(is_fraud.sum() / probability.sum())


def card_precision(
    customer: Codes, day: Codes, is_fraud: Flags, score: Floats, top: int = CARDS_A_DAY
) -> Floats:
    """Return, for each day, the share of compromised cards among the `top` that rank first.

    As the Fraud Detection Handbook defines it: a card ranks by its riskiest payment of the day, and
    a compromised card that was caught leaves the pool on later days.
    """
    is_caught = np.zeros(int(customer.max()) + 1, dtype=bool)
    shares = []
    for today in np.unique(day):
        rows = np.flatnonzero((day == today) & ~is_caught[customer])
        cards, card = np.unique(customer[rows], return_inverse=True)
        riskiest = np.full(len(cards), -np.inf)
        np.maximum.at(riskiest, card, score[rows])
        is_compromised = np.zeros(len(cards), dtype=bool)
        np.logical_or.at(is_compromised, card, is_fraud[rows])
        shown = np.argsort(-riskiest, kind="stable")[:top]
        found = shown[is_compromised[shown]]
        is_caught[cards[found]] = True
        shares.append(len(found) / top)
    return np.array(shares)


def best_card_precision(customer: Codes, day: Codes, is_fraud: Flags) -> float:
    """Return the mean card precision of a perfect ranking: the ceiling of what can be reached."""
    return float(card_precision(customer, day, is_fraud, is_fraud.astype(np.float64)).mean())
