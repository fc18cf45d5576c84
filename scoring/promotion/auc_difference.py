"""Compares the AUC of two scores on the same clustered rows, in closed form. Pure.

Each row has a component: how much it moves the AUC (DeLong, DeLong and Clarke-Pearson 1988). The
components of both scores are subtracted and added up per customer, which gives the variance of the
difference for clustered rows (Obuchowski 1997). One sort per score: O(n log n). With one row per
customer the result is DeLong's.
"""

from __future__ import annotations

import numpy as np

from features.platform.arrays import Codes, Flags, Floats
from scoring.promotion.verdicts import Estimate


def auc_difference(
    is_event: Flags,
    scores: tuple[Floats, Floats],
    cluster: Codes,
    alpha: float,
    weight: Floats | None = None,
) -> Estimate:
    """Return the AUC of the second score minus that of the first, with one-sided bounds.

    Args:
        is_event: [n].
        scores: of the champion and of the challenger, each [n].
        cluster: [n] codes from 0.
        alpha: the one-sided level.
        weight: [n] > 0; None weighs all rows alike.

    Returns:
        NaN without an event or without a non-event; NaN bounds for fewer than two customers of
        either kind.
    """
    if is_event.all() or not is_event.any():
        return Estimate.normal(float("nan"), float("nan"), alpha)
    weights = np.ones(len(is_event)) if weight is None else weight
    (first, before), (second, after) = (components(is_event, score, weights) for score in scores)
    error = standard_error(after - before, is_event, cluster)
    return Estimate.normal(second - first, error, alpha)


def components(is_event: Flags, score: Floats, weight: Floats) -> tuple[float, Floats]:
    """Return the AUC of a score and the contribution of each row to its error: [n].

    Rows with equal scores count half against each other.

    Args:
        is_event: [n], with at least one event and one non-event.
        score: [n].
        weight: [n].
    """
    order = np.argsort(score)
    ranked, events = score[order], is_event[order]
    of_events = np.where(events, weight[order], 0.0)
    of_others = weight[order] - of_events
    is_first = np.append(True, ranked[1:] != ranked[:-1])
    starts, tie = np.flatnonzero(is_first), np.cumsum(is_first) - 1
    tied_events = np.add.reduceat(of_events, starts)
    tied_others = np.add.reduceat(of_others, starts)
    all_events, all_others = tied_events.sum(), tied_others.sum()
    # the weight of others below an event, and of events above a non-event, by group of ties
    others_below = np.cumsum(tied_others) - tied_others / 2
    events_above = all_events - np.cumsum(tied_events) + tied_events / 2
    auc = float(tied_events @ others_below / (all_events * all_others))
    contribution = np.empty(len(score))
    contribution[order] = np.where(
        events,
        of_events * (others_below[tie] / all_others - auc) / all_events,
        of_others * (events_above[tie] / all_events - auc) / all_others,
    )
    return auc, contribution


def standard_error(contribution: Floats, is_event: Flags, cluster: Codes) -> float:
    """Return the standard error of Obuchowski (1997), equations 3 and 4.

    Args:
        contribution: [n] of each row.
        is_event: [n].
        cluster: [n].
    """
    count = int(cluster.max()) + 1
    events = np.bincount(cluster[is_event], contribution[is_event], count)
    others = np.bincount(cluster[~is_event], contribution[~is_event], count)
    with_events = np.bincount(cluster[is_event], minlength=count) > 0
    with_others = np.bincount(cluster[~is_event], minlength=count) > 0
    sizes = [int(each.sum()) for each in (with_events, with_others, with_events | with_others)]
    if min(sizes) < 2:
        return float("nan")
    corrected = [size / (size - 1) for size in sizes]
    variance = (
        corrected[0] * np.sum(events**2)
        + corrected[1] * np.sum(others**2)
        + 2 * corrected[2] * np.sum(events * others)
    )
    return float(np.sqrt(max(variance, 0.0)))
