"""Turn the features of a night's series into forecasts of their demand.

No policy decides here: the answers of the model are the forecast. The four answers of a series have
one status, because a mean without its quantiles is no forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.platform.arrays import Columns, Flags, Matrix, lists_of, row_sums
from features.platform.settings import Settings
from scoring.decider import Domain, ModelDecider, Scores, features_alone
from scoring.decision import component_scores
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Status
from scoring.demand import classes, explanation, inputs
from scoring.demand.classes import CLASSES
from scoring.demand.job import ANSWERS, JOB, SCATTER, STATUS
from scoring.models.dispersion import Dispersion
from scoring.models.feature_columns import matrix_of
from scoring.models.guarded_model import GuardedModel
from scoring.runs.record import Run


class DemandDecider(ModelDecider):
    """The model that forecasts the series of a run."""

    def lines(self, rows: pa.Table) -> list[str]:
        """Return baseline, drivers and the same days of last year of one forecast: [1]."""
        if self.explainer is None:
            return []
        _, matrix = self._inputs(rows)
        return explanation.lines(self.explainer, matrix)

    def _matrix(self, columns: Columns, names: Sequence[str]) -> Matrix:
        return matrix_of(columns, names)

    def _scores(self, columns: Columns, matrix: Matrix) -> Scores:  # noqa: ARG002 - as the base
        scores = self.model.score(matrix)
        parts = [_without_crossing(scores), *(scores[name] for name in ANSWERS)]
        return dict(zip(ANSWERS, component_scores.together(parts)[1:], strict=True))

    def _decided(self, columns: Columns, matrix: Matrix, scores: Scores) -> pa.Table:
        mean = scores[ANSWERS[0]]
        is_ok, rows, run = mean.is_ok, len(mean.status), self.run
        demand_class, method, scatter = self._kinds(matrix, is_ok)
        version = str(run.models[JOB.slot.role].get("version", ""))
        return pa.table(
            {
                **{name: columns[name] for name in (*inputs.KEYS, "revision")},
                "run_id": pa.repeat(str(run.run_id), rows),
                STATUS: pa.array(mean.status.astype(str)),
                "demand_class": demand_class,
                "method": method,
                "expected_units": pa.array(row_sums(mean.values), from_pandas=True),
                **{name: lists_of(scores[name].values, is_ok) for name in ANSWERS},
                **dict(zip(SCATTER, scatter, strict=True)),
                "is_degraded": pa.array(~is_ok),
                "feature_view": pa.repeat(run.feature_view, rows),
                "feature_sha256": pc.binary_join_element_wise("\\x", columns["feature_sha256"], ""),
                "model_version": pa.repeat(version, rows),
                "policy_version": pa.repeat(run.policy_version, rows),
            }
        )

    def _kinds(
        self, matrix: Matrix, is_ok: Flags
    ) -> tuple[pa.Array, pa.Array, tuple[pa.Array, pa.Array]]:
        """Return class, method and scatter of each row, null without a forecast: [n] each."""
        if self.explainer is None:
            nothing = pa.nulls(len(is_ok), pa.string())
            return nothing, nothing, _scatter(None, is_ok)
        code = classes.of(self.explainer.past(matrix))
        names = pa.array(CLASSES).take(pa.array(code, mask=~is_ok))
        methods = pa.array(self.explainer.methods(code), pa.string(), mask=~is_ok)
        scatter = self.explainer.scatter
        return names, methods, _scatter(scatter and scatter.take(code), is_ok)


def _scatter(of_rows: Dispersion | None, is_ok: Flags) -> tuple[pa.Array, pa.Array]:
    """Return the daily and the level scatter: [n] each, null where unknown."""
    if of_rows is None:
        nothing = pa.nulls(len(is_ok), pa.float64())
        return nothing, nothing
    return pa.array(of_rows.daily, mask=~is_ok), pa.array(of_rows.level, mask=~is_ok)


def _without_crossing(scores: Scores) -> ComponentScores:
    """Return the status of the order of the quantiles: a crossing is an invalid score."""
    low, median, high = (scores[name].values for name in ANSWERS[1:])
    is_crossing = np.any((low > median) | (median > high), axis=1)  # false for NaN
    status = np.where(is_crossing, Status.INVALID_SCORE, Status.OK).astype(object)
    return ComponentScores(np.zeros(len(status)), status)


def decider_of(run: Run, model: Any, settings: Settings) -> DemandDecider:  # noqa: ANN401
    """Return the decider of a run with a model; without a model every row is degraded."""
    guarded = GuardedModel(model, settings.model_timeout_seconds, JOB.answers)
    return DemandDecider(run, guarded, model)


DOMAIN = Domain(inputs.INPUT_TYPES, inputs.input_columns, features_alone, decider_of)
