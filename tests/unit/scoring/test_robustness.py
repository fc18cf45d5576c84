"""A model is compared with a simpler one, left without columns, and followed over time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from scoring.models import answer_changes, benchmark, sensitivity, stability
from scoring.models.evaluation import Ranking

NAMES = ("strong", "weak", "useless")
COEFFICIENTS = np.array([2.0, 0.5, 0.0])


def predict(matrix: np.ndarray) -> np.ndarray:
    """Return the true probability; a missing value counts as the mean."""
    return expit(np.nan_to_num(matrix, nan=0.0) @ COEFFICIENTS - 3.0)


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(4)
    matrix = draw.normal(size=(20_000, 3))
    return matrix, draw.random(20_000) < predict(matrix)


def test_the_column_that_matters_most_costs_most_and_a_useless_one_nothing(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    matrix, is_event = rows
    losses = sensitivity.of_missing(predict, matrix, NAMES, NAMES, is_event, np.ones(len(is_event)))

    assert [loss.column for loss in losses] == ["strong", "weak", "useless"]
    assert losses[0].auc_roc < -0.2
    assert losses[0].average_precision < -0.1
    assert losses[2].auc_roc == 0.0
    assert losses[0].expected < 0.7  # without the spread of the scores fewer events are predicted
    assert losses[2].expected == pytest.approx(1.0)


def test_the_important_columns_come_by_their_contribution_and_a_useless_one_never(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    contributions = rows[0] * COEFFICIENTS

    assert sensitivity.important(contributions, NAMES) == ["strong", "weak"]
    assert sensitivity.important(contributions, NAMES, most=1) == ["strong"]


@given(
    events=st.integers(1, 400),
    others=st.integers(1, 4_000),
    most=st.integers(2, 1_000),
    seed=st.integers(0, 100),
)
def test_a_sample_is_bounded_and_stands_for_all_rows(
    events: int, others: int, most: int, seed: int
) -> None:
    is_event = np.arange(events + others) < events
    np.random.default_rng(seed).shuffle(is_event)

    chosen = sensitivity.sample(is_event, most)

    assert len(chosen.place) <= most
    assert (np.diff(chosen.place) > 0).all()
    kept = is_event[chosen.place]
    assert chosen.weight[kept].sum() == pytest.approx(events)
    assert chosen.weight[~kept].sum() == pytest.approx(others)


def test_a_sample_has_the_measures_of_all_rows(rows: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, is_event = rows
    chosen = sensitivity.sample(is_event, 10_000)
    score = predict(matrix)

    whole = Ranking(is_event, score)
    part = Ranking(is_event[chosen.place], score[chosen.place])

    assert part.auc_roc(chosen.weight) == pytest.approx(whole.auc_roc(), abs=0.01)
    assert part.average_precision(chosen.weight) == pytest.approx(
        whole.average_precision(), abs=0.02
    )


def test_a_better_model_is_worth_it_and_an_equal_one_is_not(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    matrix, is_event = rows
    matrix, is_event = matrix[:3_000], is_event[:3_000]
    customer, score = np.arange(3_000) // 3, predict(matrix)

    better = benchmark.against("one column", is_event, customer, score, matrix[:, 1])
    equal = benchmark.against("the same", is_event, customer, score, score * 2)

    assert better.is_worth_it
    assert better.gain["auc_roc"].value == pytest.approx(
        better.model["auc_roc"] - better.simple["auc_roc"]
    )
    assert not equal.is_worth_it
    assert "do NOT show" in benchmark.as_markdown(equal)
    assert equal.metrics["auc_roc_gain"] == 0.0


def test_a_month_with_few_events_has_no_ranking(rows: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, is_event = rows
    month = np.where(np.arange(len(is_event)) < 100, "2026-01", "2026-02").astype("datetime64[M]")

    few, many = stability.by_month(predict(matrix), month, is_event, predict(matrix))

    assert few.auc_roc is None
    assert many.auc_roc == pytest.approx(Ranking(is_event[100:], predict(matrix[100:])).auc_roc())
    assert "| 2026-01 | 100 |" in stability.as_markdown([few, many], "frauds")


def test_a_forecast_that_needs_a_column_has_no_answer_without_it() -> None:
    def forecast(matrix: np.ndarray) -> np.ndarray:
        return matrix[:, 0] * (1.0 + np.nan_to_num(matrix[:, 1], nan=0.5))

    matrix = np.column_stack([np.arange(1.0, 101.0), np.ones(100), np.zeros(100)])
    needed, moved = answer_changes.of_missing(forecast, matrix, NAMES, rows=40)

    assert (needed.column, needed.unanswered) == ("strong", 1.0)
    assert (moved.column, moved.unanswered, moved.moved) == ("weak", 0.0, pytest.approx(0.25))
    assert "| strong | 100% |" in answer_changes.as_markdown([needed], "spending")
    assert "No single missing column" in answer_changes.as_markdown([], "spending")
