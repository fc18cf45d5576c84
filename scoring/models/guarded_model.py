"""Score one chunk and never guess: what a model cannot say is a status, not a number.

The one place that catches everything. A model is foreign code: it may raise, hang, return NaN or
the wrong rows, and the run must still end with every row decided, degraded rows as a review or
stricter.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Status

log = structlog.get_logger(__name__)

Matrix = NDArray[np.float64]


class Model(Protocol):
    """What is needed of a model to score."""

    features: Any

    def score(self, matrix: Matrix) -> Any:  # noqa: ANN401 - an object with the answers
        """Score a matrix [n, len(features)], float64, null = NaN; each answer is [n] in [0, 1]."""


@dataclass
class GuardedModel:
    """A model behind a guard: a time limit, a check of every number, and a circuit breaker.

    After one time-out the model is not called again: the thread that hangs cannot be ended, and a
    second one would only wait beside it.
    """

    model: Model | None
    timeout_seconds: float
    answers: tuple[str, str] = ("fraud_probability", "anomaly_score")
    unavailable: Status = Status.MODEL_UNAVAILABLE
    _broken: Status | None = field(default=None, init=False)

    def score(
        self, matrix: Matrix, has_fx_rate: NDArray[np.bool_]
    ) -> tuple[ComponentScores, ComponentScores]:
        """Return both components of n rows, in the order of `answers`.

        Args:
            matrix: [n, features].
            has_fx_rate: [n]; rows without a rate have no amount in the base currency and are not
                scored.
        """
        rows = len(matrix)
        wanted = np.flatnonzero(has_fx_rate)
        scores, failure = self._call(matrix if len(wanted) == rows else matrix[wanted])
        parts = []
        for name in self.answers:
            values = np.full(rows, np.nan)
            status = np.full(rows, Status.NO_FX_RATE, dtype=object)
            answered, answered_status = _checked(getattr(scores, name, None), len(wanted), failure)
            values[wanted] = answered
            status[wanted] = answered_status
            parts.append(ComponentScores(values, status))
        return parts[0], parts[1]

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
    values: Any,  # noqa: ANN401 - whatever the model gave back
    rows: int,
    failure: Status | None,
) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Return values and status of `rows` rows; a value outside [0, 1] is no value."""
    nothing = np.full(rows, np.nan)
    if failure is not None:
        return nothing, np.full(rows, failure, dtype=object)
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return nothing, np.full(rows, Status.MODEL_FAILED, dtype=object)
    if array.shape != (rows,):
        log.error("scores_misaligned", expected=rows, shape=array.shape)
        return nothing, np.full(rows, Status.MISALIGNED_SCORES, dtype=object)
    is_valid = (array >= 0.0) & (array <= 1.0)  # false for NaN
    if not is_valid.all():
        log.error("scores_invalid", rows=int((~is_valid).sum()))
    status = np.where(is_valid, Status.OK, Status.INVALID_SCORE).astype(object)
    return np.where(is_valid, array, np.nan), status
