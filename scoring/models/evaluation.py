"""Measures ranking and calibration of scores, with intervals, for any domain. Pure.

Rows of one customer are not independent, so intervals come from a bootstrap of whole customers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logit
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression

from features.platform.arrays import Codes, Flags, Floats

REPLICATES = 200


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured value with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


class Ranking:
    """Labelled rows in order of a score, sorted once and measured under any weights."""

    def __init__(self, is_event: Flags, score: Floats) -> None:
        self._order = np.argsort(-score, kind="stable")
        ranked = score[self._order]
        # rows with equal scores share one threshold
        self._ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
        self._is_event = is_event[self._order].astype(np.float64)

    def auc_roc(self, weight: Floats | None = None) -> float:
        """Return the probability that an event ranks above a non-event."""
        events, others = self._counts(weight)
        return float(np.trapezoid(events, others) / (events[-1] * others[-1]))

    def ks(self, weight: Floats | None = None) -> float:
        """Return the largest difference between the shares of events and others at a threshold."""
        events, others = self._counts(weight)
        return float(np.max(events / events[-1] - others / others[-1]))

    def average_precision(self, weight: Floats | None = None) -> float:
        """Return the mean precision over the recall that each threshold adds."""
        events, others = self._counts(weight)
        shown = events[1:] + others[1:]
        precision = np.divide(events[1:], shown, out=np.zeros_like(shown), where=shown > 0)
        return float(np.sum(np.diff(events) * precision) / events[-1])

    def _counts(self, weight: Floats | None) -> tuple[Floats, Floats]:
        weights = np.ones(len(self._order)) if weight is None else weight[self._order]
        events = np.cumsum(weights * self._is_event)[self._ends]
        shown = np.cumsum(weights)[self._ends]
        return np.append(0.0, events), np.append(0.0, shown - events)


def auc_roc(is_event: Flags, score: Floats) -> float:
    """Return the area under the ROC curve."""
    return Ranking(is_event, score).auc_roc()


def average_precision(is_event: Flags, score: Floats) -> float:
    """Return the average precision."""
    return Ranking(is_event, score).average_precision()


def interval(measure: Callable[[Floats | None], float], customer: Codes, seed: int = 0) -> Interval:
    """Return a measure with its 95 % interval over a bootstrap of customers.

    Args:
        measure: takes a weight per row; None weighs every row with 1.
        customer: a code per row, from 0.
        seed: of the draws.
    """
    draw = np.random.default_rng(seed)
    customers = int(customer.max()) + 1
    with np.errstate(invalid="ignore", divide="ignore"):  # a draw may hold no event
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


def calibration_slope(is_event: Flags, probability: Floats, weight: Floats | None = None) -> float:
    """Return the factor on log-odds that fits best: 1 is right, below 1 is overconfident."""
    bounded = np.clip(probability, 1e-12, 1.0 - 1e-12)
    fitted = LogisticRegression(C=np.inf).fit(logit(bounded)[:, None], is_event, weight)
    return float(fitted.coef_[0, 0])


def observed_to_expected(
    is_event: Flags, probability: Floats, weight: Floats | None = None
) -> float:
    """Return observed events over predicted events."""
    weights = np.ones(len(probability)) if weight is None else weight
    return float((weights * is_event).sum() / (weights * probability).sum())


def observed_to_expected_interval(
    is_event: Flags, probability: Floats, customer: Codes
) -> Interval:
    """Return observed over predicted events with its 95 % interval, also of a handful of events.

    The interval is the wider one, bound by bound, of two: the exact one of a Poisson count (Garwood
    1936), which holds for few events, and that over a bootstrap of customers, because the events of
    one customer come together.
    """
    drawn = interval(lambda weight: observed_to_expected(is_event, probability, weight), customer)
    observed, expected = int(is_event.sum()), float(probability.sum())
    low = float(chi2.ppf(0.025, 2 * observed)) / 2 / expected if observed else 0.0
    high = float(chi2.ppf(0.975, 2 * observed + 2)) / 2 / expected
    return Interval(drawn.value, min(drawn.low, low), max(drawn.high, high))


def brier(is_event: Flags, probability: Floats, weight: Floats | None = None) -> float:
    """Return the mean squared error of a probability (Brier 1950)."""
    return float(np.average((probability - is_event) ** 2, weights=weight))


def expected_calibration_error(is_event: Flags, probability: Floats) -> float:
    """Return the mean distance of predicted and observed events over tenths of the rows."""
    tenths = np.array_split(np.argsort(probability, kind="stable"), 10)
    distance = sum(abs(float(is_event[t].sum() - probability[t].sum())) for t in tenths)
    return distance / len(probability)


def population_stability(before: Codes, after: Codes) -> float:
    """Return the population stability index of two counts over the same bins.

    Half a row is added to every bin, so that an empty bin has a finite distance.
    """
    expected = (before + 0.5) / (before + 0.5).sum()
    observed = (after + 0.5) / (after + 0.5).sum()
    return float(((observed - expected) * np.log(observed / expected)).sum())
