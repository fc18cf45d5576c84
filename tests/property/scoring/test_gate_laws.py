"""The comparison of champion and challenger keeps its laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.models.compared import Compared
from scoring.models.gate_plan import Verdict
from scoring.promotion.auc_difference import auc_difference
from scoring.promotion.comparison import compare
from scoring.promotion.verdicts import Role, TestResult, overall, verdict_of
from tests.gates import PLAN, rows_of, swapped

DIFFERENCES = ("auc", "expected_cost", "average_precision", "expected_cost_raw")
seeds = st.integers(0, 10_000)
numbers = st.floats(-1, 1)
verdicts = st.lists(st.tuples(st.sampled_from(Verdict), st.sampled_from(Role)), min_size=1)


@given(seeds)
@settings(max_examples=10)
def test_the_exchange_of_both_models_changes_every_sign(seed: int) -> None:
    rows = rows_of(1_500, customers=200, noise=(1.0, 0.5), seed=seed)

    one, other = compare(rows, PLAN), compare(swapped(rows), PLAN)

    for name in DIFFERENCES:
        here, there = (next(t for t in each.tests if t.name == name) for each in (one, other))
        assert here.estimate == pytest.approx(-there.estimate, abs=1e-9, nan_ok=True)
        assert here.lower == pytest.approx(-there.upper, abs=1e-9, nan_ok=True)


@given(seeds, st.integers(2, 5))
@settings(max_examples=30)
def test_rows_that_repeat_within_a_customer_add_no_precision(seed: int, times: int) -> None:
    rows = rows_of(800, customers=100, noise=(1.0, 0.5), seed=seed)
    again = np.repeat(np.arange(len(rows)), times)

    once, repeated = (difference(rows, index) for index in (np.arange(len(rows)), again))

    assert repeated == pytest.approx(once, rel=1e-9, nan_ok=True)


@given(seeds)
@settings(max_examples=30)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    rows = rows_of(800, customers=100, seed=seed)
    order = np.random.default_rng(seed).permutation(len(rows))

    assert difference(rows, order) == pytest.approx(
        difference(rows, np.arange(len(rows))), rel=1e-9, nan_ok=True
    )


@given(seeds, st.floats(0.2, 5))
@settings(max_examples=30)
def test_a_monotone_change_of_both_scores_changes_no_ranking(seed: int, power: float) -> None:
    rows = rows_of(800, customers=100, seed=seed)
    bent = replace(rows, champion=rows.champion**power, challenger=rows.challenger**power)
    everyone = np.arange(len(rows))

    assert difference(bent, everyone) == pytest.approx(
        difference(rows, everyone), rel=1e-6, nan_ok=True
    )


@given(numbers, st.floats(0, 1), st.floats(0.001, 0.1))
def test_a_verdict_follows_from_the_interval_alone(
    value: float, reach: float, margin: float
) -> None:
    lower, upper = value - reach, value + reach
    verdict = verdict_of(lower, upper, margin)

    assert (verdict == Verdict.BETTER) == (lower > 0)
    assert verdict != Verdict.WORSE or (upper < 0 and lower <= -margin)
    assert verdict != Verdict.NOT_WORSE or lower > -margin


@given(verdicts)
def test_no_challenger_passes_with_a_failing_check(drawn: list[tuple[Verdict, Role]]) -> None:
    results = [TestResult("t", role, 0.0, 0.0, 0.0, 0.1, verdict, None) for verdict, role in drawn]
    judged = {verdict for verdict, role in drawn if role != Role.INFORMATION}

    verdict = overall(results)

    if Verdict.WORSE in judged:
        assert verdict == Verdict.WORSE
    elif Verdict.CANNOT_TELL in judged:
        assert verdict == Verdict.CANNOT_TELL
    if verdict == Verdict.BETTER:
        assert (Verdict.BETTER, Role.PRIMARY) in drawn


def difference(rows: Compared, index: np.ndarray) -> tuple[float, float]:
    """Return the difference of AUC and its standard error on some rows."""
    estimate = auc_difference(
        rows.is_event[index],
        (rows.champion[index], rows.challenger[index]),
        rows.cluster[index],
        0.05,
    )
    return estimate.value, estimate.standard_error
