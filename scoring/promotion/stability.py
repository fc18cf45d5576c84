"""Checks that scores are stable over time, that reasons stay, and that scoring is fast. Pure."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.platform.arrays import Codes, Flags, Floats
from scoring.models.compared import Compared, Labels
from scoring.models.gate_plan import GatePlan, Verdict
from scoring.promotion import clusters
from scoring.promotion.verdicts import Estimate, Role, TestResult, not_measured, within

SCORES, REASONS, LATENCY = "score_stability", "reason_stability", "latency"
BINS = 10


def scores(rows: Compared, plan: GatePlan) -> TestResult:
    """Return the check of the population stability index between the halves of the weeks.

    The bound is that of the plan, or the champion's index on the same rows if that is larger.

    Args:
        rows: of both models, of at least two weeks.
        plan: bound and level.
    """
    is_late: Flags = rows.week >= (int(rows.week.min()) + int(rows.week.max()) + 1) / 2
    if is_late.all() or not is_late.any():
        return not_measured(SCORES, Role.NON_INFERIORITY, "rows of one week have no change in time")
    alpha = plan.primary.alpha
    before = stability_index(rows.champion, is_late, rows.cluster, alpha)
    after = stability_index(rows.challenger, is_late, rows.cluster, alpha)
    allowed = max(plan.stability.largest_psi, before.value)
    return TestResult(
        SCORES,
        Role.NON_INFERIORITY,
        after.value,
        after.lower,
        after.upper,
        allowed,
        within(after, -np.inf, allowed),
        None,
        f"population stability index, second half of the weeks; champion {before.value:.4f}",
    )


def stability_index(score: Floats, is_late: Flags, cluster: Codes, alpha: float) -> Estimate:
    """Return the population stability index of late against early rows, with bounds.

    Half a row is added to every bin, so that an empty bin has a finite distance. The bounds follow
    from the derivative of the index by the share of each bin, added up per customer.

    Args:
        score: [n].
        is_late: [n], both kinds of rows exist.
        cluster: [n].
        alpha: the one-sided level.
    """
    edges = np.unique(np.quantile(score[~is_late], np.arange(1, BINS) / BINS))
    code = np.searchsorted(edges, score, side="right") + (len(edges) + 1) * is_late
    counts = np.bincount(code, minlength=2 * (len(edges) + 1)).reshape(2, -1)
    shares = (counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True)
    early, late = shares
    distance = np.log(late / early)
    slopes = np.stack([1 - distance - late / early, 1 + distance - early / late])
    centred = (slopes - (slopes * shares).sum(axis=1, keepdims=True)) / counts.sum(
        axis=1, keepdims=True
    )
    error = clusters.standard_error(centred.ravel()[code], cluster)
    return Estimate.normal(float(((late - early) * distance).sum()), error, alpha)


def reasons(rows: Compared, plan: GatePlan) -> TestResult:
    """Return the check of the share of rows with the same first reason by both models.

    Args:
        rows: with the reasons of both models.
        plan: bound and level.
    """
    if rows.reasons is None:
        return not_measured(REASONS, Role.NON_INFERIORITY, "the rows carry no reasons")
    has_reason, is_same = _agreement(*rows.reasons)
    if not has_reason.any():
        return not_measured(REASONS, Role.NON_INFERIORITY, "no row has a reason")
    agreed = is_same[has_reason].astype(np.float64)
    share = float(agreed.mean())
    error = clusters.standard_error((agreed - share) / len(agreed), rows.cluster[has_reason])
    estimate = Estimate.normal(share, error, plan.primary.alpha)
    return TestResult(
        REASONS,
        Role.NON_INFERIORITY,
        estimate.value,
        estimate.lower,
        estimate.upper,
        plan.stability.least_same_reason,
        within(estimate, plan.stability.least_same_reason, np.inf),
        None,
        f"share of {len(agreed)} rows with the same first reason",
    )


def _agreement(champion: Labels, challenger: Labels) -> tuple[Flags, Flags]:
    """Return the rows with a reason by either model, and the rows with the same reason: [n]."""
    first, second = (pa.array(each, pa.string()).fill_null("") for each in (champion, challenger))
    has_reason = pc.or_(pc.not_equal(first, ""), pc.not_equal(second, ""))
    is_same = pc.equal(first, second)
    return (
        has_reason.to_numpy(zero_copy_only=False),
        is_same.to_numpy(zero_copy_only=False),
    )


def latency(rows: Compared, plan: GatePlan) -> TestResult:
    """Return the check of the time to score against the champion's.

    Args:
        rows: with the seconds of both models.
        plan: the largest slow-down, and the seconds that are never too slow.
    """
    if rows.seconds is None:
        return not_measured(LATENCY, Role.NON_INFERIORITY, "the time to score was not measured")
    champion, challenger = rows.seconds
    bounds = plan.stability
    allowed = max(bounds.free_seconds, bounds.largest_slowdown * champion)
    return TestResult(
        LATENCY,
        Role.NON_INFERIORITY,
        challenger,
        challenger,
        challenger,
        allowed,
        Verdict.NOT_WORSE if challenger <= allowed else Verdict.WORSE,
        None,
        f"seconds per 1,000 rows; champion {champion:.3f}",
    )
