"""Where calibration is outside the bounds, the champion's own distance decides the verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from features.platform.arrays import Floats
from scoring.models.compared import Compared
from scoring.models.gate_plan import Verdict
from scoring.promotion import calibration_tests, verdicts
from scoring.promotion.verdicts import Role, TestResult
from tests.gates import PLAN, rows_of

FEW = rows_of(6_000, noise=(1.5, 1.5), customers=300)
MANY = rows_of(60_000, noise=(0.1, 0.1), customers=6_000, seed=5)


def intercept_of(rows: Compared, champion: float, challenger: float) -> TestResult:
    """Return the check of the intercept of models that are too high by a shift of log-odds."""

    def shifted(probability: Floats, by: float) -> Floats:
        return expit(logit(probability) + by)

    moved = replace(
        rows,
        champion=shifted(rows.champion, champion),
        challenger=shifted(rows.challenger, challenger),
    )
    return calibration_tests.tests(moved, PLAN, None)[1]


def test_rows_that_cannot_order_two_models_outside_of_the_bounds_cannot_tell() -> None:
    result = intercept_of(FEW, 1.5, 1.55)

    assert result.upper < -PLAN.calibration.intercept
    assert result.verdict == Verdict.CANNOT_TELL
    assert "perhaps no further" in result.note


def test_a_challenger_that_is_surely_further_off_than_a_champion_outside_is_worse() -> None:
    assert intercept_of(MANY, 1.0, 2.0).verdict == Verdict.WORSE


def test_a_challenger_as_far_off_as_a_champion_outside_is_not_worse() -> None:
    assert intercept_of(MANY, 1.0, 1.0).verdict == Verdict.NOT_WORSE


def test_a_challenger_outside_is_worse_than_a_champion_within() -> None:
    assert intercept_of(MANY, 0.0, 1.0).verdict == Verdict.WORSE


def test_a_challenger_outside_beside_a_champion_without_a_slope_cannot_tell() -> None:
    rows = replace(
        MANY,
        champion=np.full(len(MANY), 0.05),
        challenger=expit(0.3 * logit(MANY.challenger)),
    )

    slope, _ = calibration_tests.tests(rows, PLAN, None)

    assert slope.lower > PLAN.calibration.slope[1]
    assert slope.verdict == Verdict.CANNOT_TELL


@pytest.mark.parametrize("primary", [Verdict.BETTER, Verdict.NOT_WORSE, Verdict.CANNOT_TELL])
def test_a_check_that_cannot_tell_keeps_the_champion(primary: Verdict) -> None:
    check = intercept_of(FEW, 1.5, 1.55)
    first = replace(check, role=Role.PRIMARY, verdict=primary)

    overall = verdicts.overall([first, check])

    assert overall == Verdict.CANNOT_TELL
    assert not PLAN.promotes(overall)


def test_a_worse_check_outranks_one_that_cannot_tell() -> None:
    unsure = intercept_of(FEW, 1.5, 1.55)
    worse = intercept_of(MANY, 1.0, 2.0)

    assert verdicts.overall([unsure, worse]) == Verdict.WORSE
