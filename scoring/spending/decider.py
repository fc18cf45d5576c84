"""Turn the features of card customers into forecasts of their spending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.platform.arrays import Columns, Matrix
from features.platform.settings import Settings
from scoring.decider import Domain, ModelDecider, Scores, features_alone
from scoring.decision import component_scores
from scoring.decision.component_scores import ComponentScores
from scoring.models.feature_columns import matrix_of
from scoring.models.guarded_model import GuardedModel
from scoring.runs.record import Run
from scoring.spending import categories, sentences
from scoring.spending import past as pasts
from scoring.spending.inputs import CATEGORIES, INPUT_TYPES, KEYS, input_columns
from scoring.spending.job import HORIZONS, JOB, MONTH_STATUS


class SpendingDecider(ModelDecider):
    """A decider without a policy: the answers are the forecast."""

    def lines(self, rows: pa.Table) -> list[str]:
        """Return lines for a person about one forecast: its past, and the steps to the point."""
        if self.explainer is None:
            return []
        columns, matrix = self._inputs(rows)
        past = pasts.from_matrix(matrix, self.explainer.features)
        return [
            *sentences.of_past(past, columns["day_at"][0].as_py()),
            *sentences.of_steps(self.explainer.month_.steps(past), self.explainer.month_.days),
        ]

    def _matrix(self, columns: Columns, names: Sequence[str]) -> Matrix:
        return matrix_of(columns, names)

    def _scores(self, columns: Columns, matrix: Matrix) -> Scores:  # noqa: ARG002 - the shape of all
        return together(self.model.score(matrix))

    def _decided(self, columns: Columns, matrix: Matrix, scores: Scores) -> pa.Table:
        rows = len(matrix)
        month, *_ = HORIZONS[MONTH_STATUS]
        statuses = {status: scores[names[0]] for status, names in HORIZONS.items()}
        is_degraded = ~np.all([component.is_ok for component in statuses.values()], axis=0)
        return pa.table(
            {
                **{name: columns[name] for name in (*KEYS, "revision")},
                "run_id": pa.repeat(str(self.run.run_id), rows),
                **{name: pa.array(part.status.astype(str)) for name, part in statuses.items()},
                **{
                    answer.name: pa.array(scores[answer.name].values, from_pandas=True)
                    for answer in JOB.answers
                },
                "category_spend_30d": categories.split(scores[month].values, columns[CATEGORIES]),
                "is_degraded": pa.array(is_degraded),
                "feature_view": pa.repeat(self.run.feature_view, rows),
                "feature_sha256": pc.binary_join_element_wise("\\x", columns["feature_sha256"], ""),
                "model_version": pa.repeat(str(self.run.models[JOB.slot.role]["version"]), rows),
                "policy_version": pa.repeat(self.run.policy_version, rows),
            }
        )


def together(scores: Mapping[str, ComponentScores]) -> Scores:
    """Return the answers with one status per horizon: a point without its interval is no answer."""
    return {
        name: part
        for names in HORIZONS.values()
        for name, part in zip(
            names, component_scores.together([scores[name] for name in names]), strict=True
        )
    }


def decider_of(run: Run, model: Any, settings: Settings) -> SpendingDecider:  # noqa: ANN401
    """Return the decider of a run with a model; without a model every row is degraded."""
    guarded = GuardedModel(model, settings.model_timeout_seconds, JOB.answers)
    return SpendingDecider(run, guarded, model)


DOMAIN = Domain(INPUT_TYPES, input_columns, features_alone, decider_of)
