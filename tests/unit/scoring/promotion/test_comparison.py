"""A comparison gives the verdict that its plan promises, and says why."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from features.platform.errors import ContractError
from scoring.models.compared import Compared
from scoring.models.gate_plan import Verdict
from scoring.promotion.comparison import Comparison, compare
from scoring.promotion.verdicts import Role, TestResult
from tests.gates import PLAN, rows_of

ROWS = rows_of()


def of_name(comparison: Comparison, name: str) -> TestResult:
    return next(test for test in comparison.tests if test.name == name)


def verdict_of(rows: Compared) -> Verdict:
    return compare(rows, PLAN).verdict


def test_a_challenger_that_ranks_better_is_better() -> None:
    comparison = compare(rows_of(noise=(1.5, 0.1)), PLAN)

    assert comparison.primary.lower > 0
    assert comparison.verdict == Verdict.BETTER


def test_a_challenger_that_ranks_worse_is_worse() -> None:
    assert verdict_of(rows_of(noise=(0.1, 1.5))) == Verdict.WORSE


def test_a_challenger_with_the_same_scores_is_not_worse() -> None:
    comparison = compare(replace(ROWS, challenger=ROWS.champion), PLAN)

    assert comparison.primary.estimate == 0
    assert comparison.verdict == Verdict.NOT_WORSE


def test_a_better_challenger_with_a_failing_check_is_worse() -> None:
    better = rows_of(noise=(1.5, 0.1))

    assert verdict_of(replace(better, seconds=(1.0, 9.0))) == Verdict.WORSE


@pytest.mark.parametrize("lacking", ["reasons", "seconds"])
def test_a_registered_check_without_a_measure_cannot_tell(lacking: str) -> None:
    better = rows_of(noise=(1.5, 0.1))

    assert verdict_of(replace(better, **{lacking: None})) == Verdict.CANNOT_TELL


def test_a_sample_of_three_weeks_cannot_tell() -> None:
    better = rows_of(noise=(1.5, 0.1))

    comparison = compare(replace(better, week=np.minimum(better.week, 2)), PLAN)

    assert comparison.verdict == Verdict.CANNOT_TELL
    assert "3 weeks, the plan needs 4" in comparison.primary.note


def test_a_sample_with_few_events_cannot_tell() -> None:
    few = rows_of(1_000, noise=(1.5, 0.1))

    comparison = compare(few, PLAN)

    assert comparison.events < PLAN.fewest_events
    assert comparison.primary.verdict == Verdict.CANNOT_TELL


def test_rows_without_an_event_cannot_tell() -> None:
    comparison = compare(replace(ROWS, is_event=np.zeros(len(ROWS), dtype=bool)), PLAN)

    assert comparison.verdict == Verdict.CANNOT_TELL
    assert of_name(comparison, "expected_cost").verdict == Verdict.CANNOT_TELL
    assert json.loads(json.dumps(comparison.as_dict(), allow_nan=False))["events"] == 0


def test_cannot_tell_names_the_smallest_difference_that_the_sample_finds() -> None:
    primary = compare(ROWS, PLAN).primary
    standard_error = (primary.estimate - primary.lower) / 1.7507  # one-sided 4 %

    assert primary.detectable == pytest.approx((1.7507 + 0.8416) * standard_error, rel=1e-3)


def test_overconfident_probabilities_fail_the_slope() -> None:
    log_odds = np.log(ROWS.champion) - np.log1p(-ROWS.champion)
    overconfident = 1 / (1 + np.exp(-(2 * log_odds + 4)))

    comparison = compare(replace(ROWS, challenger=overconfident), PLAN)

    assert of_name(comparison, "calibration_slope").verdict == Verdict.WORSE


def test_a_drift_that_hits_both_models_does_not_keep_the_champion() -> None:
    too_low = ROWS.champion / 2

    comparison = compare(replace(ROWS, champion=too_low, challenger=too_low), PLAN)
    result = of_name(comparison, "calibration_intercept")

    assert result.lower > PLAN.calibration.intercept
    assert result.verdict == Verdict.NOT_WORSE
    assert "no further from 0 than the champion" in result.note


def test_a_segment_that_loses_its_ranking_fails() -> None:
    is_web = ROWS.segments["channel"] == "web"
    scattered = np.where(is_web, np.roll(ROWS.champion, 1), ROWS.champion)

    comparison = compare(replace(ROWS, challenger=scattered), PLAN)

    assert of_name(comparison, "segment channel=web").verdict == Verdict.WORSE
    assert of_name(comparison, "segment channel=pos").verdict == Verdict.NOT_WORSE


def test_a_segment_with_few_events_is_named_and_not_judged() -> None:
    labels = np.where(np.arange(len(ROWS)) < 20, "phone", "web")

    comparison = compare(replace(ROWS, segments={"channel": labels}), PLAN)
    result = of_name(comparison, "segments_not_judged")

    assert result.role == Role.INFORMATION
    assert "channel=phone" in result.note


def test_a_score_that_moves_between_the_halves_of_the_weeks_fails() -> None:
    is_late = ROWS.week >= 2
    moved = np.where(is_late, ROWS.challenger**0.5, ROWS.challenger)

    result = of_name(compare(replace(ROWS, challenger=moved), PLAN), "score_stability")

    assert result.lower > PLAN.stability.largest_psi
    assert result.verdict == Verdict.WORSE


def test_rows_of_selected_labels_state_their_effective_number() -> None:
    weight = np.where(np.arange(len(ROWS)) % 2 == 0, 1.0, 3.0)

    comparison = compare(replace(ROWS, weight=weight), PLAN)

    assert comparison.effective_rows == pytest.approx(len(ROWS) * 0.8)


def test_a_huge_weight_is_clipped() -> None:
    weight = np.append(1e9, np.ones(len(ROWS) - 1))

    # one row would decide alone with its full weight
    clipped = compare(replace(ROWS, weight=weight), PLAN)

    assert clipped.effective_rows == pytest.approx(len(ROWS), rel=0.02)


def test_equal_comparisons_have_equal_digests() -> None:
    again = compare(rows_of(), PLAN)
    other = compare(rows_of(seed=1), PLAN)

    assert compare(ROWS, PLAN).digest == again.digest
    assert other.digest != again.digest


def test_the_numbers_of_customers_are_only_names() -> None:
    renamed = replace(ROWS, cluster=ROWS.cluster * 10**15)

    assert compare(renamed, PLAN).as_dict() == compare(ROWS, PLAN).as_dict()


def test_a_verdict_is_bound_to_its_plan() -> None:
    other = PLAN.model_copy(update={"sha256": "0" * 64})

    assert compare(ROWS, other).digest != compare(ROWS, PLAN).digest


def test_a_plan_with_average_precision_decides_by_it() -> None:
    plan = PLAN.model_copy(
        update={"primary": PLAN.primary.model_copy(update={"metric": "average_precision"})}
    )

    comparison = compare(rows_of(noise=(1.5, 0.1)), plan)

    assert comparison.primary.name == "average_precision"
    assert comparison.verdict == Verdict.BETTER


def test_the_expected_number_of_false_promotions_is_stated() -> None:
    assert compare(ROWS, PLAN).expected_false_better_a_year == pytest.approx(12 * 0.04)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"champion": np.full(len(ROWS), np.nan)}, "champion outside of 0 to 1"),
        ({"challenger": np.full(len(ROWS), 1.5)}, "challenger outside of 0 to 1"),
        ({"amount": np.full(len(ROWS), -1.0)}, "amount below 0 or unknown"),
        ({"weight": np.zeros(len(ROWS))}, "weight not above 0"),
        ({"cluster": np.full(len(ROWS), -1)}, "cluster below 0"),
        ({"week": np.zeros(3, dtype=int)}, "week has the shape"),
        ({"is_event": np.zeros(0, dtype=bool)}, "no row to compare"),
    ],
)
def test_rows_that_cannot_be_compared_are_refused_with_their_count(
    change: dict[str, np.ndarray], reason: str
) -> None:
    with pytest.raises(ContractError, match=reason):
        replace(ROWS, **change)
