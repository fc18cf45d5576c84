"""The checks beside the primary metric have the standard errors of a bootstrap of customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from features.platform.arrays import Floats
from scoring.models.compared import Compared
from scoring.models.evaluation import calibration_slope
from scoring.promotion import calibration_tests, clusters, cost, stability
from scoring.promotion.quality import worlds
from scoring.promotion.quality.worlds import PAYMENTS, World
from tests.gates import PLAN, rows_of

ROWS = rows_of(6_000, customers=300, seed=5)


def resampled(measure: Callable[[Floats], float], draws: int = 150) -> float:
    """Return the standard deviation of a measure over draws of customers."""
    draw = np.random.default_rng(1)
    weights = (draw.multinomial(300, np.full(300, 1 / 300))[ROWS.cluster] for _ in range(draws))
    return float(np.std([measure(weight.astype(float)) for weight in weights]))


def test_the_slope_is_that_of_the_training_report() -> None:
    slope, _ = calibration_tests.fit(ROWS.is_event, ROWS.champion, np.ones(len(ROWS)))

    assert slope.value == pytest.approx(calibration_slope(ROWS.is_event, ROWS.champion), rel=1e-3)


@pytest.mark.parametrize("coefficient", [0, 1], ids=["slope", "intercept"])
def test_a_coefficient_of_calibration_has_the_error_of_a_bootstrap(coefficient: int) -> None:
    def fitted(weight: Floats) -> calibration_tests.Fitted:
        return calibration_tests.fit(ROWS.is_event, ROWS.champion, weight)[coefficient]

    influence = fitted(np.ones(len(ROWS))).influence
    error = clusters.standard_error(influence, ROWS.cluster)

    assert error == pytest.approx(resampled(lambda weight: fitted(weight).value), rel=0.2)


def test_events_that_split_off_perfectly_have_no_slope() -> None:
    is_event = ROWS.champion > np.median(ROWS.champion)

    slope, _ = calibration_tests.fit(is_event, ROWS.champion, np.ones(len(ROWS)))

    assert np.isnan(slope.value)


def test_probabilities_of_one_value_cannot_tell() -> None:
    constant = replace(ROWS, challenger=np.full(len(ROWS), 0.05))

    slope, _ = calibration_tests.tests(constant, PLAN, None)

    assert slope.verdict == "cannot tell"


def test_a_score_that_has_moved_has_the_index_error_of_a_bootstrap() -> None:
    is_late = ROWS.week >= 2
    moved = np.where(is_late, ROWS.challenger**0.8, ROWS.challenger)
    edges = np.quantile(moved[~is_late], np.arange(1, 10) / 10)
    code = np.searchsorted(edges, moved, side="right")

    def index(weight: Floats) -> float:
        counts = [np.bincount(code[part], weight[part], 10) + 0.5 for part in (~is_late, is_late)]
        early, late = (count / count.sum() for count in counts)
        return float(((late - early) * np.log(late / early)).sum())

    estimate = stability.stability_index(moved, is_late, ROWS.cluster, 0.05)

    assert estimate.value == pytest.approx(index(np.ones(len(ROWS))), rel=1e-9)
    assert estimate.standard_error == pytest.approx(resampled(index), rel=0.2)


def test_most_intervals_hold_the_saving_of_an_equal_model() -> None:
    small = replace(PAYMENTS, rows=4_000, customers=1_000)
    held = []
    for seed in range(100):
        result = cost.check(worlds.make(World(small, gain=0.0, weeks=1, seed=seed)), PLAN, None)
        held.append(result.lower <= 0 <= result.upper)

    # both one-sided levels of 4 % are outside
    assert np.mean(held) >= 0.85


def test_money_is_saved_by_the_model_that_declines_the_large_frauds() -> None:
    rows = Compared(
        is_event=np.array([True, False, True, False]),
        champion=np.array([0.01, 0.01, 0.01, 0.01]),  # approves all rows
        challenger=np.array([0.99, 0.01, 0.01, 0.99]),
        cluster=np.arange(4),
        amount=np.array([300.0, 40.0, 100.0, 50.0]),
        week=np.arange(4),
    )

    difference = cost.difference(rows, PLAN, None, rows.amount)

    # 90 % of 300 are saved, a decline of 50 costs 5 and 2 %; 90 % of 400 were at stake
    assert difference.value == pytest.approx((0.9 * 300 - 6) / (0.9 * 400))


def test_one_huge_amount_does_not_decide_the_test() -> None:
    amount = np.where(np.arange(len(ROWS)) == int(np.argmax(ROWS.is_event)), 1e9, ROWS.amount)
    rows = replace(ROWS, amount=amount)

    capped, raw = cost.check(rows, PLAN, None), cost.as_it_is(rows, PLAN, None)

    assert abs(capped.estimate - cost.check(ROWS, PLAN, None).estimate) < 0.01
    assert raw.estimate == pytest.approx(0, abs=1e-4)  # both models decline it


def test_rows_without_a_reason_do_not_count_as_agreement() -> None:
    first = np.array(["amount", "", "", "velocity"] * (len(ROWS) // 4), dtype=object)
    second = np.array(["amount", "", "amount", "amount"] * (len(ROWS) // 4), dtype=object)

    result = stability.reasons(replace(ROWS, reasons=(first, second)), PLAN)

    assert result.estimate == pytest.approx(1 / 3)


def test_a_fast_model_is_never_too_slow() -> None:
    slower = replace(ROWS, seconds=(0.01, 0.5))
    too_slow = replace(ROWS, seconds=(0.01, 1.5))

    assert stability.latency(slower, PLAN).verdict == "not worse"
    assert stability.latency(too_slow, PLAN).verdict == "worse"
