"""Scores one chunk under a guard: a failed or missing score becomes a status, never a number.

This is the only place that catches every error. A model is foreign code: it may raise, hang, or
return NaN or the wrong rows. The run must still decide every row, a degraded row as a review or
stricter.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from features.platform.arrays import Matrix
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Status
from scoring.runs.job import Answer, AnswerKind

log = structlog.get_logger(__name__)


class Model(Protocol):
    """A model that can score."""

    features: Any

    def score(self, matrix: Matrix) -> Any:  # noqa: ANN401 - an object with the answers
        """Score a matrix [n, len(features)], float64, null = NaN.

        Each answer is [n], or [n, length] if it is a list, within the bounds of the answer.
        """


@dataclass
class GuardedModel:
    """A model behind a guard: a time limit, a check of every number, and a circuit breaker.

    After one time-out the model is not called again, because a hanging thread cannot be stopped
    and a second thread would hang as well.
    """

    model: Model | None
    timeout_seconds: float
    answers: Sequence[Answer]
    unavailable: Status = Status.MODEL_UNAVAILABLE
    _broken: Status | None = field(default=None, init=False)

    def score(
        self, matrix: Matrix, has_fx_rate: NDArray[np.bool_] | None = None
    ) -> dict[str, ComponentScores]:
        """Return the component of each answer for n rows, by the name of the answer.

        Args:
            matrix: [n, features].
            has_fx_rate: [n]; a row without a rate has no amount in the base currency and is not
                scored. None where no row needs a rate.
        """
        rows = len(matrix)
        scorable = np.arange(rows) if has_fx_rate is None else np.flatnonzero(has_fx_rate)
        scores, failure = self._call(matrix if len(scorable) == rows else matrix[scorable])
        components = {}
        for answer in self.answers:
            values = np.full(answer.shape(rows), np.nan)
            status = np.full(rows, Status.NO_FX_RATE, dtype=object)
            values[scorable], status[scorable] = _checked(
                getattr(scores, answer.name, None), answer, len(scorable), failure
            )
            components[answer.name] = ComponentScores(values, status)
        return components

    def _call(self, matrix: Matrix) -> tuple[Any, Status | None]:
        if self.model is None:
            return None, self.unavailable
        if self._broken is not None:
            return None, self._broken
        if len(matrix) == 0:
            return None, Status.MODEL_FAILED
        answer: list[Any] = []
        errors: list[BaseException] = []

        def work(model: Model) -> None:
            try:
                answer.append(model.score(matrix))
            except Exception as error:  # noqa: BLE001 - the seam that degrades: counted and logged
                errors.append(error)

        thread = threading.Thread(target=work, args=(self.model,), name="model", daemon=True)
        thread.start()
        thread.join(self.timeout_seconds)
        if thread.is_alive():
            self._broken = Status.MODEL_TIMED_OUT
            log.error("model_timed_out", rows=len(matrix), limit_seconds=self.timeout_seconds)
            return None, self._broken
        if errors or not answer:
            log.error("model_failed", rows=len(matrix), error=type(errors[0]).__name__)
            return None, Status.MODEL_FAILED
        return answer[0], None


def _checked(
    values: Any,  # noqa: ANN401 - the model may return anything
    answer: Answer,
    rows: int,
    failure: Status | None,
) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Return values and status of `rows` rows; a row with a value out of bounds has no values."""
    nothing = np.full(answer.shape(rows), np.nan)
    if failure is not None:
        return nothing, np.full(rows, failure, dtype=object)
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return nothing, np.full(rows, Status.MODEL_FAILED, dtype=object)
    if array.shape != nothing.shape:
        log.error("scores_misaligned", expected=rows, shape=array.shape)
        return nothing, np.full(rows, Status.MISALIGNED_SCORES, dtype=object)
    least, greatest = answer.bounds
    is_valid = (array >= least) & (array <= greatest)  # false for NaN
    if answer.kind is AnswerKind.LABEL:
        is_valid &= array == np.round(array)
    is_valid = np.all(is_valid.reshape(rows, answer.length), axis=1)
    if not is_valid.all():
        log.error("scores_invalid", rows=int((~is_valid).sum()))
    status = np.where(is_valid, Status.OK, Status.INVALID_SCORE).astype(object)
    nothing[is_valid] = array[is_valid]
    return nothing, status
