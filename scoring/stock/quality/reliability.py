"""Measure probabilities of events: Brier score and reliability per decile. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Floats

DECILES = 10


@dataclass(frozen=True, slots=True)
class Decile:
    """A tenth of the rows, by probability.

    Args:
        rows: their number.
        expected: their mean probability.
        seen: the share of them whose event happened.
    """

    rows: int
    expected: float
    seen: float


def brier(probability: Floats, happened: Flags) -> float:
    """Return the mean squared error of probabilities (Brier 1950)."""
    return float(((probability - happened) ** 2).mean())


def base_rate_brier(happened: Flags) -> float:
    """Return the Brier score of the events' own share, which no forecast without skill beats."""
    share = float(happened.mean())
    return share * (1.0 - share)


def deciles(probability: Floats, happened: Flags) -> list[Decile]:
    """Return the reliability by tenths of the rows, lowest probabilities first."""
    order = np.argsort(probability, kind="stable")
    return [
        Decile(len(rows), float(probability[rows].mean()), float(happened[rows].mean()))
        for rows in np.array_split(order, DECILES)
        if len(rows)
    ]
