"""A model that fails, hangs or returns invalid scores yields a status, never a number."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from scoring.decider import _as_recorded
from scoring.decision.outcome import Status
from scoring.fraud.job import JOB
from scoring.models.guarded_model import GuardedModel
from scoring.runs.job import Answer as AnswerOfJob
from scoring.runs.job import AnswerKind

MATRIX = np.zeros((3, 2))
ALL = np.ones(3, dtype=bool)


@dataclass
class Answer:
    fraud_probability: Any
    anomaly_score: Any


@dataclass
class Scripted:
    """Run the script of the test as a model, to test the contract of the guard."""

    answer: Any
    seconds: float = 0.0
    calls: int = 0
    features: list[str] = field(default_factory=lambda: ["a", "b"])

    def score(self, matrix: np.ndarray) -> Any:
        self.calls += 1
        time.sleep(self.seconds)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def guard(model: Any, timeout_seconds: float = 1.0) -> GuardedModel:
    return GuardedModel(model, timeout_seconds, JOB.answers)


def score(answer: Any, **kwargs: Any) -> Any:
    return guard(Scripted(answer, **kwargs), 0.2).score(MATRIX, ALL).values()


def test_good_scores_pass_through() -> None:
    fraud, anomaly = score(Answer([0.0, 0.5, 1.0], [0.1, 0.2, 0.3]))

    assert fraud.values.tolist() == [0.0, 0.5, 1.0]
    assert anomaly.status.tolist() == [Status.OK] * 3


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -0.1, 1.2])
def test_a_score_outside_zero_to_one_degrades_only_its_row(bad: float) -> None:
    fraud, anomaly = score(Answer([0.1, bad, 0.3], [0.1, 0.2, 0.3]))

    assert fraud.status.tolist() == [Status.OK, Status.INVALID_SCORE, Status.OK]
    assert np.isnan(fraud.values[1])
    assert anomaly.is_ok.all()


def test_scores_of_the_wrong_length_degrade_every_row() -> None:
    fraud, _ = score(Answer([0.1, 0.2], [0.1, 0.2, 0.3]))

    assert fraud.status.tolist() == [Status.MISALIGNED_SCORES] * 3


def test_scores_that_are_not_numbers_degrade_every_row() -> None:
    fraud, _ = score(Answer(["high", "low", "?"], [0.1, 0.2, 0.3]))

    assert fraud.status.tolist() == [Status.MODEL_FAILED] * 3


def test_a_model_that_raises_degrades_every_row() -> None:
    fraud, anomaly = score(ValueError("secret row value"))

    assert fraud.status.tolist() == [Status.MODEL_FAILED] * 3
    assert anomaly.status.tolist() == [Status.MODEL_FAILED] * 3


def test_a_model_that_hangs_is_not_called_again() -> None:
    model = Scripted(None, seconds=2.0)
    guarded = guard(model, 0.1)
    first, _ = guarded.score(MATRIX, ALL).values()

    second, _ = guarded.score(MATRIX, ALL).values()

    assert first.status.tolist() == [Status.MODEL_TIMED_OUT] * 3
    assert second.status.tolist() == [Status.MODEL_TIMED_OUT] * 3
    assert model.calls == 1


def test_a_missing_model_degrades_every_row() -> None:
    fraud, _ = guard(None).score(MATRIX, ALL).values()

    assert fraud.status.tolist() == [Status.MODEL_UNAVAILABLE] * 3


def test_a_row_without_an_exchange_rate_is_not_scored() -> None:
    has_rate = np.array([True, False, True])
    model = Scripted(Answer([0.1, 0.3], [0.2, 0.4]))

    fraud, anomaly = guard(model).score(MATRIX, has_rate).values()

    assert fraud.status.tolist() == [Status.OK, Status.NO_FX_RATE, Status.OK]
    assert anomaly.values[2] == 0.4


COUNT = AnswerOfJob(name="count", status="status", kind=AnswerKind.COUNT)
QUANTILE = AnswerOfJob(name="quantile", status="status", kind=AnswerKind.QUANTILE)
LABEL = AnswerOfJob(name="label", status="status", kind=AnswerKind.LABEL, levels=("a", "b"))


@dataclass
class Counts:
    count: Any
    quantile: Any
    label: Any


def test_each_answer_has_the_range_of_its_kind() -> None:
    nan = float("nan")
    model = Scripted(Counts([3.0, -1.0, nan], [-5.0, float("inf"), 0.0], [1.0, 2.0, 0.5]))

    answers = GuardedModel(model, 1.0, (COUNT, QUANTILE, LABEL)).score(MATRIX)

    assert {name: component.is_ok.tolist() for name, component in answers.items()} == {
        "count": [True, False, False],
        "quantile": [True, False, True],
        "label": [True, False, False],
    }


PATHS = AnswerOfJob(name="paths", status="status", kind=AnswerKind.COUNT, length=2)


@dataclass
class Paths:
    paths: Any


def paths(values: Any, has_rate: np.ndarray | None = None) -> Any:
    return GuardedModel(Scripted(Paths(values)), 1.0, (PATHS,)).score(MATRIX, has_rate)["paths"]


def test_a_list_has_one_status_and_no_number_where_one_of_its_numbers_is_bad() -> None:
    component = paths([[1.0, 2.0], [3.0, float("nan")], [-1.0, 4.0]])

    assert component.status.tolist() == [Status.OK, Status.INVALID_SCORE, Status.INVALID_SCORE]
    assert component.values[0].tolist() == [1.0, 2.0]
    assert np.isnan(component.values[1:]).all()


@pytest.mark.parametrize("values", [[1.0, 2.0, 3.0], [[1.0], [2.0], [3.0]], [[1.0, 2.0]] * 2])
def test_a_list_of_the_wrong_shape_degrades_every_row(values: Any) -> None:
    component = paths(values)

    assert component.status.tolist() == [Status.MISALIGNED_SCORES] * 3
    assert component.values.shape == (3, 2)


def test_a_row_that_is_not_scored_has_no_list() -> None:
    component = paths([[1.0, 2.0], [3.0, 4.0]], np.array([True, False, True]))

    assert component.status.tolist() == [Status.OK, Status.NO_FX_RATE, Status.OK]
    assert component.values[2].tolist() == [3.0, 4.0]
    assert np.isnan(component.values[1]).all()
    assert component.take(np.array([2])).values.tolist() == [[3.0, 4.0]]


def test_a_recorded_failure_takes_the_whole_list_of_its_row() -> None:
    scores = paths([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

    again = _as_recorded(scores, pa.chunked_array([["ok", "model_timed_out", "ok"]]))

    assert again.status.tolist() == [Status.OK, Status.MODEL_TIMED_OUT, Status.OK]
    assert np.isnan(again.values).all(axis=1).tolist() == [False, True, False]
    assert scores.values[1].tolist() == [3.0, 4.0]
