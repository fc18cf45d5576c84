"""Measure how far a tested model of an event can be relied on. Pure.

A model-risk officer asks three questions. Is the model better than the simplest one? How much does
it lose without a column? Is it stable over time?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Codes, Flags, Floats
from scoring.models import benchmark, sensitivity, stability
from scoring.models.benchmark import Benchmark
from scoring.models.sensitivity import Loss
from scoring.models.stability import MonthFigures


class Explained(Protocol):
    """The part of an event model that the questions need; `EventClassifier` models have it."""

    def predict_proba(self, X: Floats) -> Floats:  # noqa: N803 - scikit-learn's name
        """Return the probabilities of both classes: [n, 2]."""

    def contributions(self, X: Floats) -> Floats:  # noqa: N803
        """Return the contribution of each column to the log-odds: [n, columns]."""


@dataclass(frozen=True, slots=True)
class TestedRows:
    """Test rows with the scores of the tested model; each array is [n].

    Args:
        matrix: [n, columns] of the model.
        names: of the columns.
        is_event: the labels.
        customer: a code per customer, from 0.
        month: in the unit of the periods of the stability.
        probability: by the tested model.
    """

    matrix: Floats
    names: Sequence[str]
    is_event: Flags
    customer: Codes
    month: NDArray[np.datetime64]
    probability: Floats


@dataclass(frozen=True, slots=True)
class Robustness:
    """The answers to the three questions."""

    benchmark: Benchmark
    losses: Sequence[Loss]
    months: Sequence[MonthFigures]

    @property
    def metrics(self) -> dict[str, float]:
        """The answers as metrics of a registered model."""
        worst = min((loss.auc_roc for loss in self.losses), default=0.0)
        return self.benchmark.metrics | {
            "auc_roc_worst_missing_column": round(worst, 6),
            "stability_index_max": round(max(month.stability_index for month in self.months), 6),
        }


def measure(
    model: Explained, rows: TestedRows, learnt: Floats, simple_name: str, simple: Floats
) -> Robustness:
    """Return the answers for a tested model.

    Args:
        model: the tested model.
        rows: that it has not seen.
        learnt: [m] its probabilities of rows that it learnt from.
        simple_name: of the simplest model.
        simple: [n] the scores of the simplest model.
    """
    return Robustness(
        benchmark.against(simple_name, rows.is_event, rows.customer, rows.probability, simple),
        _losses(model, rows),
        stability.by_month(learnt, rows.month, rows.is_event, rows.probability),
    )


def _losses(model: Explained, rows: TestedRows) -> list[Loss]:
    chosen = sensitivity.sample(rows.is_event)
    matrix, is_event = rows.matrix[chosen.place], rows.is_event[chosen.place]
    step = max(1, len(matrix) // sensitivity.EXPLAINED_ROWS)
    columns = sensitivity.important(model.contributions(matrix[::step]), rows.names)
    return sensitivity.of_missing(
        lambda values: model.predict_proba(values)[:, 1],
        matrix,
        rows.names,
        columns,
        is_event,
        chosen.weight,
    )
