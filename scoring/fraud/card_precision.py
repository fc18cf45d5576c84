"""Counts the compromised cards that a fraud model catches, by the handbook's rule. Pure."""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Codes, Flags, Floats

CARDS_A_DAY = 100  # the daily capacity of a team of investigators


def by_day(
    customer: Codes, day: Codes, is_fraud: Flags, score: Floats, top: int = CARDS_A_DAY
) -> Floats:
    """Return, for each day, the share of compromised cards among the `top` cards.

    The rule is that of the Fraud Detection Handbook. A card ranks by its riskiest transaction of
    the day, and a caught card leaves the pool on later days.
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
        caught = shown[is_compromised[shown]]
        is_caught[cards[caught]] = True
        shares.append(len(caught) / top)
    return np.array(shares)


def ceiling(customer: Codes, day: Codes, is_fraud: Flags) -> float:
    """Return the mean card precision of a perfect ranking, which no model can exceed."""
    return float(by_day(customer, day, is_fraud, is_fraud.astype(np.float64)).mean())
