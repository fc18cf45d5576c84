"""Scores matured rows with champion and challenger, part by part, for their comparison.

A part is scored and forgotten, so memory holds the features of one part.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from features.platform.arrays import Codes, Flags, Floats, Matrix
from features.platform.errors import ContractError
from features.views import FeatureView
from scoring.decision.attributions import by_characteristic
from scoring.models.compared import Compared, Labels
from scoring.models.guarded_model import GuardedModel
from scoring.models.matured_rows import MaturedRows
from scoring.promotion import selection
from scoring.runs.job import Job

#: Rows of a part whose reasons are compared: the riskiest by each model.
EXPLAINED = 1_000
#: Rows and repetitions behind the time to score.
TIMED_ROWS, TIMES = 2_000, 3
#: The share of rows that a model may leave without a score.
MOST_UNSCORED = 0.01
WEEK_MICROSECONDS = 7 * 86_400_000_000
DAY_MICROSECONDS = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Contender:
    """A loaded model, and the name under which errors speak of it."""

    name: str
    model: Any

    def matrix(self, rows: MaturedRows) -> Matrix:
        """Return the model's own columns: [n, features]."""
        return np.ascontiguousarray(rows.inputs.select(list(self.model.features)).matrix)


@dataclass(frozen=True, slots=True)
class Part:
    """The n rows of a part after both models have scored them; NaN where a model gives no score."""

    champion: Floats
    challenger: Floats
    has_label: Flags
    is_event: Flags
    customer: pa.Array
    amount: Floats
    happened_us: Codes
    segments: Mapping[str, Labels]
    champion_reason: Labels
    challenger_reason: Labels


@dataclass(frozen=True, slots=True)
class Scored:
    """The rows of a comparison.

    Attributes:
        rows: with a label and a score of both models; None if there is no such row.
        left_out: rows without a score of one of the models.
    """

    rows: Compared | None
    left_out: int


def score(
    parts: Iterable[MaturedRows],
    models: tuple[Contender, Contender],
    job: Job,
    view: FeatureView,
    timeout_seconds: float,
) -> Scored:
    """Score all rows with both models.

    Args:
        parts: of the window, in order of time.
        models: champion and challenger.
        job: names the answer that is the probability of the event.
        view: maps features to the codes of their reasons.
        timeout_seconds: for each part and model.

    Raises:
        ContractError: a model gives no score for more than a hundredth of the rows.
    """
    guarded = [GuardedModel(each.model, timeout_seconds, job.answers) for each in models]
    answer = job.answers[0].name
    done: list[Part] = []
    seconds: tuple[float, float] | None = None
    for part in parts:
        if not len(part):
            continue
        matrices = [each.matrix(part) for each in models]
        pairs = list(zip(guarded, matrices, strict=True))
        scores = [model.score(matrix)[answer].values for model, matrix in pairs]
        explained = _riskiest(scores[0], scores[1])
        reasons = [
            _first_reasons(each.model, matrix, explained, view)
            for each, matrix in zip(models, matrices, strict=True)
        ]
        seconds = seconds or (_seconds(*pairs[0]), _seconds(*pairs[1]))
        done.append(
            Part(
                scores[0],
                scores[1],
                part.has_label,
                part.is_event,
                part.customer,
                part.amount,
                part.happened_us,
                part.segments,
                reasons[0],
                reasons[1],
            )
        )
    return _joined(done, models, seconds)


def _joined(
    parts: list[Part],
    models: tuple[Contender, Contender],
    seconds: tuple[float, float] | None,
) -> Scored:
    if not parts:
        return Scored(None, 0)

    def joined(name: str) -> Any:  # noqa: ANN401 - an array of any type
        return np.concatenate([getattr(part, name) for part in parts])

    scores = {name: joined(name) for name in ("champion", "challenger")}
    for model, values in zip(models, scores.values(), strict=True):
        _require_scores(model.name, values)
    is_scored = np.isfinite(scores["champion"]) & np.isfinite(scores["challenger"])
    has_label = joined("has_label")
    kept = is_scored & has_label
    left_out = int((has_label & ~is_scored).sum())
    if not kept.any():
        return Scored(None, left_out)
    happened_us = joined("happened_us")[kept]
    first_day = int(happened_us.min()) // DAY_MICROSECONDS * DAY_MICROSECONDS
    customers = pa.chunked_array([part.customer for part in parts]).combine_chunks()
    rows = Compared(
        is_event=joined("is_event")[kept],
        champion=scores["champion"][kept],
        challenger=scores["challenger"][kept],
        cluster=customers.dictionary_encode().indices.to_numpy().astype(np.int64)[kept],
        amount=joined("amount")[kept],
        week=(happened_us - first_day) // WEEK_MICROSECONDS,
        weight=selection.weights(scores["champion"][is_scored], has_label[is_scored]),
        segments={
            name: np.concatenate([part.segments[name] for part in parts])[kept]
            for name in parts[0].segments
        },
        reasons=(joined("champion_reason")[kept], joined("challenger_reason")[kept]),
        seconds=seconds,
    )
    return Scored(rows, left_out)


def _require_scores(name: str, score: Floats) -> None:
    unscored = int(np.isnan(score).sum())
    if unscored > MOST_UNSCORED * len(score):
        raise ContractError(
            f"{name} gives no score for {unscored:,} of {len(score):,} matured rows, so it cannot "
            "be compared; see the log lines model_failed and scores_invalid, and train another"
        )


def _riskiest(champion: Floats, challenger: Floats) -> Codes:
    """Return the positions of the riskiest rows by either model."""
    taken = min(EXPLAINED, len(champion))
    by_either = [
        np.argsort(-np.nan_to_num(scores, nan=-1.0), kind="stable")[:taken]
        for scores in (champion, challenger)
    ]
    return np.unique(np.concatenate(by_either))


def _first_reasons(model: Any, matrix: Matrix, explained: Codes, view: FeatureView) -> Labels:  # noqa: ANN401
    """Return the code of the characteristic that adds most risk: [n]; "" for other rows."""
    first = np.full(len(matrix), "", dtype=object)
    is_adverse = np.ones(len(explained), dtype=bool)
    reasons, weights = by_characteristic(model, matrix[explained], is_adverse, view)
    known = np.where(np.isnan(weights), -np.inf, weights)
    codes = np.array([reason.code for reason in reasons], dtype=object)
    first[explained] = np.where(known.max(axis=1) > 0, codes[known.argmax(axis=1)], "")
    return first


def _seconds(model: GuardedModel, matrix: Matrix) -> float:
    """Return the seconds to score 1,000 rows, the best of some times."""
    rows = matrix[:TIMED_ROWS]
    best = min(_timed(model, rows) for _ in range(TIMES))
    return best * 1_000 / len(rows)


def _timed(model: GuardedModel, rows: Matrix) -> float:
    start = time.perf_counter()
    model.score(rows)
    return time.perf_counter() - start
