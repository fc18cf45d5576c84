"""Tests slope and intercept of the challenger's probabilities, with clustered intervals. Pure.

The slope is the factor on log-odds that fits best; 1 is right. The intercept is the shift of
log-odds that fits best with slope 1; 0 is right (Cox 1958, Van Calster et al. 2016). Outside of the
bounds a challenger still passes if it is no further off than the champion on the same rows: a drift
that hits both models must not keep the worse one. So it is worse only if it is surely outside and
surely further off than the champion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from features.platform.arrays import Flags, Floats, Matrix
from scoring.models.compared import Compared
from scoring.models.gate_plan import GatePlan, Verdict
from scoring.promotion import clusters
from scoring.promotion.verdicts import Estimate, Role, TestResult, within

SLOPE, INTERCEPT = "calibration_slope", "calibration_intercept"
_EDGE = 1e-9
_STEPS, _LARGEST, _CLOSE = 50, 50.0, 1e-9


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted coefficient, and how much each row moves it: [n]."""

    value: float
    influence: Floats


def tests(rows: Compared, plan: GatePlan, weight: Floats | None) -> tuple[TestResult, TestResult]:
    """Return the checks of slope and intercept.

    Args:
        rows: of both models.
        plan: bounds, margin and level.
        weight: [n]; None weighs all rows alike.
    """
    weights = np.ones(len(rows)) if weight is None else weight
    bounds = plan.calibration
    fits = [fit(rows.is_event, each, weights) for each in (rows.champion, rows.challenger)]
    (slope_before, shift_before), (slope, shift) = fits
    return (
        _result(SLOPE, (slope_before, slope), (1.0, *bounds.slope), rows, plan),
        _result(
            INTERCEPT,
            (shift_before, shift),
            (0.0, -bounds.intercept, bounds.intercept),
            rows,
            plan,
        ),
    )


def fit(is_event: Flags, probability: Floats, weight: Floats) -> tuple[Fitted, Fitted]:
    """Return slope and intercept of one model; NaN where no finite value fits best.

    Args:
        is_event: [n].
        probability: [n].
        weight: [n].
    """
    log_odds = logit(np.clip(probability, _EDGE, 1 - _EDGE))
    ones = np.ones(len(log_odds))
    both = np.column_stack([log_odds, ones])
    slope = _solve(is_event, both, np.zeros(len(ones)), weight, np.array([1.0, 0.0]))
    shift = _solve(is_event, ones[:, None], log_odds, weight, np.array([0.0]))
    return slope, shift


def _solve(
    is_event: Flags, matrix: Matrix, offset: Floats, weight: Floats, start: Floats
) -> Fitted:
    """Return the first coefficient of a logistic regression, by Newton's method."""
    beta = start
    unknown = Fitted(float("nan"), np.full(len(matrix), np.nan))
    for _ in range(_STEPS):
        expected = expit(matrix @ beta + offset)
        scores = (weight * (is_event - expected))[:, None] * matrix
        information = (matrix * (weight * expected * (1 - expected))[:, None]).T @ matrix
        try:
            inverse = np.linalg.inv(information)
        except np.linalg.LinAlgError:  # the scores hold one value, or events split off perfectly
            return unknown
        step = inverse @ scores.sum(axis=0)
        if not np.isfinite(step).all() or np.abs(beta).max() > _LARGEST:
            return unknown
        if np.abs(step).max() < _CLOSE:
            return Fitted(float(beta[0]), scores @ inverse[0])
        beta = beta + step
    return unknown


def _result(
    name: str,
    fits: tuple[Fitted, Fitted],
    bounds: tuple[float, float, float],
    rows: Compared,
    plan: GatePlan,
) -> TestResult:
    """Return the check of one coefficient.

    Args:
        name: of the check.
        fits: of champion and challenger.
        bounds: the ideal, the lowest and the highest value.
        rows: with the clusters.
        plan: with margin and level.
    """
    ideal, low, high = bounds
    champion, challenger = fits
    error = clusters.standard_error(challenger.influence, rows.cluster)
    estimate = Estimate.normal(challenger.value, error, plan.primary.alpha)
    verdict = within(estimate, low, high)
    note = f"{low:g} to {high:g}; champion {champion.value:.3f}"
    if verdict != Verdict.NOT_WORSE:
        nearer = _nearer(champion, challenger, ideal, rows, plan.primary.alpha)
        if nearer.lower > -plan.calibration.margin:
            verdict = Verdict.NOT_WORSE
            note += f"; not surely within, but no further from {ideal:g} than the champion"
        elif verdict == Verdict.WORSE and not nearer.upper < 0:  # or the champion is unknown
            verdict = Verdict.CANNOT_TELL
            note += f"; outside, but perhaps no further from {ideal:g} than the champion"
    return TestResult(
        name,
        Role.NON_INFERIORITY,
        estimate.value,
        estimate.lower,
        estimate.upper,
        plan.calibration.margin,
        verdict,
        None,
        note,
    )


def _nearer(
    champion: Fitted, challenger: Fitted, ideal: float, rows: Compared, alpha: float
) -> Estimate:
    """Return by how much the challenger is nearer to the ideal than the champion."""
    before, after = champion.value - ideal, challenger.value - ideal
    influence = np.sign(before) * champion.influence - np.sign(after) * challenger.influence
    error = clusters.standard_error(influence, rows.cluster)
    return Estimate.normal(abs(before) - abs(after), error, alpha)
