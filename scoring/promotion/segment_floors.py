"""Checks that the challenger loses no segment, however good it is overall. Pure.

A segment fails where its AUC falls by more standard errors than the plan allows. So a plan with
dozens of segments seldom stops an equal challenger by chance.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from features.platform.arrays import Flags, Floats
from scoring.models.compared import Compared, Labels
from scoring.models.gate_plan import GatePlan, Verdict
from scoring.promotion.auc_difference import auc_difference
from scoring.promotion.verdicts import Estimate, Role, TestResult, not_measured

SMALL = "segments_not_judged"


def tests(rows: Compared, plan: GatePlan, weight: Floats | None) -> list[TestResult]:
    """Return one check for each segment with enough events, and one line about all others.

    Args:
        rows: of both models, with their segments.
        plan: floors and level.
        weight: [n]; None weighs all rows alike.
    """
    results, small = [], []
    for name, labels in sorted(rows.segments.items()):
        for label, is_inside in by_label(labels):
            segment = f"{name}={label}"
            events = int(rows.is_event[is_inside].sum())
            if events < plan.segments.smallest_events:
                small.append(f"{segment} ({events})")
                continue
            results.append(_floor(segment, rows, is_inside, plan, weight))
    if small:
        listed = ", ".join(small[:10]) + (", ..." if len(small) > 10 else "")
        fewest = plan.segments.smallest_events
        note = f"fewer than {fewest} events: {len(small)} segments, {listed}"
        results.append(not_measured(SMALL, Role.INFORMATION, note))
    return results


def by_label(labels: Labels) -> Iterator[tuple[str, Flags]]:
    """Yield each label in order of the alphabet, with the rows that have it: [n]."""
    encoded = pa.array(labels, pa.string()).fill_null("").dictionary_encode()
    codes = encoded.indices.to_numpy()
    names = encoded.dictionary.to_pylist()
    for code in sorted(range(len(names)), key=names.__getitem__):
        yield names[code] or "(none)", codes == code


def _floor(
    segment: str, rows: Compared, is_inside: Flags, plan: GatePlan, weight: Floats | None
) -> TestResult:
    estimate = auc_difference(
        rows.is_event[is_inside],
        (rows.champion[is_inside], rows.challenger[is_inside]),
        rows.cluster[is_inside],
        plan.primary.alpha,
        None if weight is None else weight[is_inside],
    )
    margin = plan.segments.standard_errors * estimate.standard_error
    return TestResult(
        f"segment {segment}",
        Role.NON_INFERIORITY,
        estimate.value,
        estimate.lower,
        estimate.upper,
        margin,
        _verdict(estimate, margin),
        estimate.detectable(plan.primary.alpha),
        f"AUC, {int(rows.is_event[is_inside].sum())} events in {int(is_inside.sum())} rows",
    )


def _verdict(estimate: Estimate, margin: float) -> Verdict:
    if np.isnan(margin):
        return Verdict.CANNOT_TELL
    return Verdict.NOT_WORSE if estimate.value >= -margin else Verdict.WORSE
