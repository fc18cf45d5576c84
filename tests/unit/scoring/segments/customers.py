"""Draw customers of a shop whose kinds are known."""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Codes, Matrix

#: Recency in days, purchase days and spend of the mean customer of each kind, and its share.
KINDS = (
    (5, 20, 4_000, 0.2),
    (60, 6, 1_500, 0.25),
    (20, 1, 90, 0.25),
    (300, 1, 60, 0.3),
)


def drawn(count: int, seed: int = 0, width: float = 0.25) -> Matrix:
    """Return recency, frequency and spend of customers of four kinds: [count, 3]."""
    draw = np.random.default_rng(seed)
    kind = draw.choice(len(KINDS), count, p=[share for *_, share in KINDS])
    centre = np.log1p(np.array([place for *place, _ in KINDS], dtype=float))[kind]
    values = np.expm1(np.maximum(centre + width * draw.normal(size=(count, 3)), 0))
    values[:, :2] = np.round(values[:, :2])
    values[:, 1] = np.maximum(values[:, 1], 1)
    return np.minimum(values, [399, 400, np.inf])


def kinds_of(values: Matrix) -> Codes:
    """Return the index of the nearest kind of each customer: [n]."""
    places = np.log1p(np.array([place for *place, _ in KINDS], dtype=float))
    away = np.log1p(values)[:, None, :] - places
    return np.linalg.norm(away, axis=2).argmin(axis=1)
