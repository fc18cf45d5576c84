"""From feature rows to ledger rows, whatever is decided: a run's model first, then its policy.

A decision is a function of its own row and of the run's pins, so the score step and a replay years
later go through the same lines and get the same bits.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import CIRCUMSTANCES
from scoring.decision.policy.policy import Conditions, Policy
from scoring.models.guarded_model import GuardedModel
from scoring.runs.record import Run

Columns = Mapping[str, pa.Array]
Matrix = NDArray[np.float64]
Scores = tuple[ComponentScores, ComponentScores]


@dataclass(frozen=True, slots=True)
class Decider(ABC):
    """What every row of one run is decided with.

    Attributes:
        run: its pins are what counts.
        model: behind its guard.
        explainer: the model itself, for reasons; None where the run has to do without.
        policy: the pinned one.
        conditions: its rules, parsed.
    """

    run: Run
    model: GuardedModel
    explainer: Any
    policy: Policy
    conditions: Conditions

    #: The ledger's columns that say how each of the model's two answers came about.
    statuses: ClassVar[tuple[str, str]]

    def decide(self, rows: pa.Table) -> pa.Table:
        """Decide n rows.

        Args:
            rows: [n] with the columns of the domain's `INPUT_TYPES`.

        Returns:
            [n] with the ledger's columns, `decided_at` and `processing_time_ms` excepted.
        """
        columns, matrix = self._inputs(rows)
        return self._decided(columns, matrix, self._scores(columns, matrix))

    def decide_again(self, rows: pa.Table, recorded: pa.Table) -> pa.Table:
        """Decide n rows as they were decided once.

        Args:
            rows: [n], as for `decide`; what is no feature comes from the ledger.
            recorded: [n] with `statuses` of the ledger. Where the model had failed or was missing,
                that stands: it was an event and no function of the row.
        """
        columns, matrix = self._inputs(rows)
        first, second = self._scores(columns, matrix)
        then = [recorded[name] for name in self.statuses]
        scores = _as_recorded(first, then[0]), _as_recorded(second, then[1])
        return self._decided(columns, matrix, scores)

    def contributions(self, rows: pa.Table) -> pa.Table:
        """Return what each feature added to the log-odds of n rows: [n, features of the model]."""
        _, matrix = self._inputs(rows)
        parts = self.explainer.contributions(matrix)
        return pa.table(dict(zip(self.explainer.features, parts.T, strict=True)))

    def _inputs(self, rows: pa.Table) -> tuple[Columns, Matrix]:
        columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
        names = list(self.explainer.features) if self.explainer else []
        return columns, self._matrix(columns, names) if names else np.empty((rows.num_rows, 0))

    @abstractmethod
    def _matrix(self, columns: Columns, names: Sequence[str]) -> Matrix:
        """Return what the model sees: [n, names], null = NaN."""

    @abstractmethod
    def _scores(self, columns: Columns, matrix: Matrix) -> Scores:
        """Return both answers of the model; none for rows that it must not be asked about."""

    @abstractmethod
    def _decided(self, columns: Columns, matrix: Matrix, scores: Scores) -> pa.Table:
        """Return the ledger rows that follow from the scores."""


def _as_recorded(scores: ComponentScores, recorded: pa.ChunkedArray) -> ComponentScores:
    then = recorded.to_numpy().astype(object)
    stands = np.isin(then.astype(str), [status.value for status in CIRCUMSTANCES])
    return ComponentScores(
        np.where(stands, np.nan, scores.values), np.where(stands, then, scores.status)
    )
