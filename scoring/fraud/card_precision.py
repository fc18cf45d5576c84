"""How many compromised cards a fraud model catches, as the handbook counts them. Pure."""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Codes, Flags, Floats

CARDS_A_DAY = 100  # what a team of investigators can look at


def by_day(
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


def ceiling(customer: Codes, day: Codes, is_fraud: Flags) -> float:
    """Return the mean card precision of a perfect ranking: the ceiling of what can be reached."""
    return float(by_day(customer, day, is_fraud, is_fraud.astype(np.float64)).mean())
