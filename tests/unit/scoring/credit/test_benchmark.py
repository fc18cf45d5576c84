"""The LendingClub protocol stops at a figure that is too good to be true."""

from __future__ import annotations

import numpy as np
import pytest

from features.platform.errors import ContractError
from features.views import APPLICATIONS
from scoring.credit.quality import benchmark
from scoring.credit.rows import TrainingSet

ROWS = 3_000


def loans(leak: float) -> TrainingSet:
    """Draw loans whose debt predicts their outcome; a greater leak predicts it better."""
    draw = np.random.default_rng(6)
    is_bad = draw.random(ROWS) < 0.2
    debt = draw.random(ROWS) + leak * is_bad
    moments = np.sort(draw.integers(0, 365 * 86_400, ROWS)) * 1_000_000
    return TrainingSet(
        ("debt_to_income", "annual_income", benchmark.FICO),
        np.column_stack([debt, draw.lognormal(11, 1, ROWS), draw.normal(700, 30, ROWS)]),
        is_bad,
        np.arange(ROWS),
        moments,
        np.arange(ROWS).astype(str).astype(object),
    )


def halves(rows: TrainingSet) -> tuple[TrainingSet, TrainingSet]:
    return rows.take(slice(0, 2_000)), rows.take(slice(2_000, None))


def test_an_honest_feature_is_measured() -> None:
    learn, test = halves(loans(leak=0.25))

    fold = benchmark.measure_fold("2011", learn, test, APPLICATIONS, with_fico=False)

    assert 0.6 < fold.auc_roc < 0.75
    assert not fold.has_fico
    assert (fold.train_rows, fold.test_rows) == (2_000, 1_000)


def test_a_feature_that_leaks_the_outcome_stops_the_measurement() -> None:
    learn, test = halves(loans(leak=0.6))

    for measure in (
        lambda: benchmark.measure_fold("2011", learn, test, APPLICATIONS, with_fico=True),
        lambda: benchmark.measure_test(learn, test, APPLICATIONS),
    ):
        with pytest.raises(ContractError, match="leak: AUC"):
            measure()


def test_a_missed_bar_does_not_hold() -> None:
    learn, test = halves(loans(leak=0.05))
    tested = benchmark.measure_test(learn, test, APPLICATIONS)
    fold = benchmark.measure_fold("2011H1", learn, test, APPLICATIONS, with_fico=True)

    checks = {check.name: check for check in benchmark.checks(tested, [fold])}

    assert not checks["credit.lending_club.auc_roc"].holds
    assert checks["credit.lending_club.auc_roc.2011H1"].bar is None
