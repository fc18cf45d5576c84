"""Compares two models by draws of whole customers, where a measure has no closed form. Pure.

Each draw gives every customer a Poisson(1) count, which is the bootstrap of many customers without
the constraint on their sum (Hanley and MacGibbon 2006). Both models see the same draws, so the
difference is paired.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.platform.arrays import Codes, Flags, Floats
from scoring.models.evaluation import Ranking
from scoring.models.gate_plan import Bootstrap
from scoring.promotion.verdicts import Estimate

#: Counts that are drawn at once; more would only take memory.
_COUNTS = 4_000_000


def average_precision_difference(
    is_event: Flags,
    scores: tuple[Floats, Floats],
    cluster: Codes,
    weight: Floats | None,
    draws: Bootstrap,
    alpha: float,
) -> Estimate:
    """Return the average precision of the second score minus that of the first, with bounds.

    Args:
        is_event: [n].
        scores: of the champion and of the challenger, each [n].
        cluster: [n] codes from 0.
        weight: [n] > 0; None weighs all rows alike.
        draws: number and seed.
        alpha: the one-sided level.
    """
    if is_event.all() or not is_event.any():
        return Estimate.normal(float("nan"), float("nan"), alpha)
    champion, challenger = (Ranking(is_event, score) for score in scores)

    def difference(weights: Floats | None) -> float:
        return challenger.average_precision(weights) - champion.average_precision(weights)

    with np.errstate(invalid="ignore", divide="ignore"):  # a draw may hold no event
        drawn = [
            difference(row if weight is None else row * weight)
            for counts in counts_of(int(cluster.max()) + 1, draws)
            for row in (each[cluster].astype(np.float64) for each in counts)
        ]
    return bounded(difference(weight), np.array(drawn), alpha)


def ratio(part: Floats, whole: Floats, draws: Bootstrap, alpha: float) -> Estimate:
    """Return the ratio of two sums over clusters, with bounds.

    Args:
        part: [G] per cluster.
        whole: [G] per cluster, >= 0.
        draws: number and seed.
        alpha: the one-sided level.
    """
    total = whole.sum()
    if not total > 0:
        return Estimate.normal(float("nan"), float("nan"), alpha)
    counts_by_chunk = counts_of(len(whole), draws)
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = [(counts @ part) / (counts @ whole) for counts in counts_by_chunk]
    return bounded(float(part.sum() / total), np.concatenate(drawn), alpha)


def counts_of(clusters: int, draws: Bootstrap) -> Iterator[Floats]:
    """Yield how often each cluster is drawn, some draws at a time: [draws, clusters]."""
    generator = np.random.default_rng(draws.seed)
    at_once = max(1, _COUNTS // clusters)
    for start in range(0, draws.replicates, at_once):
        size = (min(at_once, draws.replicates - start), clusters)
        yield generator.poisson(1.0, size).astype(np.float64)


def bounded(value: float, drawn: Floats, alpha: float) -> Estimate:
    """Return a value with the quantiles of its draws as one-sided bounds.

    Args:
        value: measured on all rows.
        drawn: [draws]; NaN of a draw that holds no event.
        alpha: the one-sided level.
    """
    known = drawn[np.isfinite(drawn)]
    if len(known) < len(drawn) / 2:
        return Estimate.normal(value, float("nan"), alpha)
    lower, upper = np.quantile(known, [alpha, 1 - alpha])
    return Estimate(value, float(lower), float(upper), float(known.std(ddof=1)))
