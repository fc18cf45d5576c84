"""Compares champion and challenger by a gate plan, and gives the verdict. Pure.

The tests are joined by intersection and union: the challenger is better only if the primary metric
is surely higher and no check of cost, calibration, segments, stability or speed fails.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

import numpy as np

from features.platform.arrays import Floats
from scoring.models.compared import Compared
from scoring.models.gate_plan import GatePlan, Verdict
from scoring.promotion import (
    bootstrap,
    calibration_tests,
    cost,
    segment_floors,
    stability,
    verdicts,
    weights,
)
from scoring.promotion.auc_difference import auc_difference
from scoring.promotion.verdicts import Role, TestResult


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict of a gate, and the tests and sizes behind it.

    Attributes:
        model: the name of the registered model.
        plan_sha256: the hash of the plan.
        verdict: the strictest of the primary test and the checks.
        tests: the primary test, the checks, and information, in this order.
        rows: their number.
        events: their number among the rows.
        clusters: customers with a row.
        weeks: with a row.
        effective_rows: rows of equal weight that give the same precision.
        alpha: the one-sided level of every test.
        expected_false_better_a_year: gates a year that call an equal challenger better, at most.
    """

    model: str
    plan_sha256: str
    verdict: Verdict
    tests: tuple[TestResult, ...]
    rows: int
    events: int
    clusters: int
    weeks: int
    effective_rows: float
    alpha: float
    expected_false_better_a_year: float

    @property
    def primary(self) -> TestResult:
        """The test of the primary metric."""
        return next(test for test in self.tests if test.role == Role.PRIMARY)

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical JSON of this comparison."""
        canonical = json.dumps(
            self.as_dict(), sort_keys=True, separators=(",", ":"), allow_nan=False
        )
        return hashlib.sha256(canonical.encode()).hexdigest()

    def as_dict(self) -> dict[str, object]:
        """Return plain JSON values; equal comparisons give equal values."""
        return {
            "model": self.model,
            "plan_sha256": self.plan_sha256,
            "verdict": self.verdict.value,
            "rows": self.rows,
            "events": self.events,
            "clusters": self.clusters,
            "weeks": self.weeks,
            "effective_rows": verdicts.plain(self.effective_rows),
            "alpha": self.alpha,
            "expected_false_better_a_year": verdicts.plain(self.expected_false_better_a_year),
            "tests": [test.as_dict() for test in self.tests],
        }


def compare(rows: Compared, plan: GatePlan) -> Comparison:
    """Compare champion and challenger on matured rows that neither has learnt from.

    Args:
        rows: the scores and labels.
        plan: the plan that was registered before.
    """
    rows = _numbered(rows)
    weight = _weight(rows, plan)
    judged = _judged(rows, plan, weight)
    return Comparison(
        model=plan.model,
        plan_sha256=plan.sha256,
        verdict=verdicts.overall(judged),
        tests=(*judged, *_information(rows, plan, weight)),
        rows=len(rows),
        events=rows.events,
        clusters=rows.clusters,
        weeks=rows.weeks,
        effective_rows=weights.effective_rows(weight, len(rows)),
        alpha=plan.primary.alpha,
        expected_false_better_a_year=plan.expected_false_better_a_year,
    )


def judged_tests(rows: Compared, plan: GatePlan) -> tuple[TestResult, ...]:
    """Return the primary test and the checks, which decide the verdict.

    Args:
        rows: the scores and labels.
        plan: the plan that was registered before.
    """
    rows = _numbered(rows)
    return _judged(rows, plan, _weight(rows, plan))


def _judged(rows: Compared, plan: GatePlan, weight: Floats | None) -> tuple[TestResult, ...]:
    return (
        _primary(rows, plan, weight),
        cost.check(rows, plan, weight),
        *calibration_tests.tests(rows, plan, weight),
        stability.scores(rows, plan),
        stability.reasons(rows, plan),
        stability.latency(rows, plan),
        *segment_floors.tests(rows, plan, weight),
    )


def _numbered(rows: Compared) -> Compared:
    """Return the rows with customers numbered without gaps, so sums per customer stay short."""
    return replace(rows, cluster=np.unique(rows.cluster, return_inverse=True)[1])


def _weight(rows: Compared, plan: GatePlan) -> Floats | None:
    return None if rows.weight is None else weights.clipped(rows.weight, plan.ipw.clip)[0]


def _primary(rows: Compared, plan: GatePlan, weight: Floats | None) -> TestResult:
    """Return the primary test; a sample below the plan's size cannot tell."""
    result = _ranking(plan.primary.metric, Role.PRIMARY, rows, plan, weight)
    lacking = [
        f"{count} {name}, the plan needs {fewest}"
        for name, count, fewest in (
            ("weeks", rows.weeks, plan.weeks),
            ("events", rows.events, plan.fewest_events),
        )
        if count < fewest
    ]
    if not lacking:
        return result
    note = "; ".join([result.note, *lacking])
    return replace(result, verdict=Verdict.CANNOT_TELL, note=note)


def _ranking(
    metric: str, role: Role, rows: Compared, plan: GatePlan, weight: Floats | None
) -> TestResult:
    scores, alpha = (rows.champion, rows.challenger), plan.primary.alpha
    if metric == "auc":
        estimate = auc_difference(rows.is_event, scores, rows.cluster, alpha, weight)
        note = "difference of AUC; DeLong components summed per customer"
    else:
        estimate = bootstrap.average_precision_difference(
            rows.is_event, scores, rows.cluster, weight, plan.bootstrap, alpha
        )
        note = f"difference of average precision; {plan.bootstrap.replicates} draws of customers"
    return verdicts.of_difference(metric, role, estimate, plan.primary.margin, alpha, note)


def _information(rows: Compared, plan: GatePlan, weight: Floats | None) -> tuple[TestResult, ...]:
    other = "average_precision" if plan.primary.metric == "auc" else "auc"
    return (
        _ranking(other, Role.INFORMATION, rows, plan, weight),
        cost.as_it_is(rows, plan, weight),
    )
