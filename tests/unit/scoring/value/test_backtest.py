"""The backtest chooses the better method per merchant, and states the reason for a tie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from scoring.value import backtest, boosting
from scoring.value.backtest import Backtest, Result
from scoring.value.rows import TARGETS, TrainingSet


def results(*losses: tuple[int, float, float]) -> list[Result]:
    """Return results by origin: its day, the loss of the parametric models and of the trees."""
    return [
        Result("m", day, method, target, 300, loss, 1.0, 10.0, 10.0)
        for day, *both in losses
        for method, loss in zip(("mbg_nbd", "boosting"), both, strict=True)
        for target in TARGETS
    ]


def test_customers_who_follow_the_models_are_valued_by_their_parameters(tested: Backtest) -> None:
    assert tested.verdicts["random"].method == "mbg_nbd"
    assert tested.verdicts["random"].origins >= 2


def test_subscribers_are_valued_by_trees_which_see_their_rhythm(tested: Backtest) -> None:
    verdict = tested.verdicts["regular"]

    assert verdict.method == "boosting"
    assert verdict.ratio is not None
    assert verdict.ratio < 0.8


def test_a_merchant_with_few_customers_has_no_origin_and_says_so(tested: Backtest) -> None:
    verdict = tested.verdicts["tiny"]

    assert (verdict.method, verdict.ratio) == ("mbg_nbd", None)
    assert verdict.reason == "too little data: 0 origins, 2 needed"


def test_trees_learn_from_snapshots_whose_future_was_known_at_the_origin(rows: TrainingSet) -> None:
    day = backtest.origins(rows)[0]
    future = rows.targets.copy()
    future[rows.day + 90 > day] = 1e6
    changed = replace(rows, targets=np.where(np.isnan(rows.targets), np.nan, future))
    codes = np.zeros(len(rows))

    trees = [boosting.fit(part, codes, day)[1:4:2] for part in (rows, changed)]

    matrix = rows.with_column(codes).matrix[:50]
    ours, theirs = ([tree.predict(matrix) for tree in part] for part in trees)
    np.testing.assert_array_equal(ours, theirs)


def test_trees_learn_although_a_feature_has_no_value_yet(rows: TrainingSet) -> None:
    matrix = rows.matrix.copy()
    matrix[:, -1] = np.nan
    merchants = np.full(len(rows), np.nan)

    trees = boosting.fit(replace(rows, matrix=matrix), merchants)

    assert np.isfinite(boosting.predict(trees, rows.with_column(merchants).matrix)).all()


@pytest.mark.parametrize(
    ("losses", "method", "reason"),
    [
        ([(1, 1.0, 0.9), (2, 1.0, 0.95)], "boosting", "win at 2 of 2 origins"),
        ([(1, 1.0, 0.99), (2, 1.0, 0.99)], "mbg_nbd", "a tie: the trees have 0.990"),
        ([(1, 1.0, 0.5), (2, 1.0, 1.01), (3, 1.0, 1.01)], "mbg_nbd", "most origins are needed"),
        ([(1, 1.0, 1.2), (2, 1.0, 1.2)], "mbg_nbd", "the trees have 1.200 times the loss"),
        ([(1, 1.0, 0.2)], "mbg_nbd", "too little data: 1 origins, 2 needed"),
        ([], "mbg_nbd", "too little data: 0 origins, 2 needed"),
    ],
)
def test_the_trees_serve_only_where_they_are_clearly_better(
    losses: list[tuple[int, float, float]], method: str, reason: str
) -> None:
    verdict = backtest.decide("m", results(*losses))

    assert verdict.method == method
    assert reason in verdict.reason


def test_a_forecast_of_0_for_a_buyer_has_a_finite_loss() -> None:
    loss = backtest.deviance(np.array([3.0, 0.0]), np.zeros(2), "purchases_30d")

    assert 0 < loss < 100
