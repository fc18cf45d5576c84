"""Turn the features of a customer's day into a row of the forecast ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from features.platform.arrays import Columns, Matrix, lists_of
from features.platform.settings import Settings
from features.views.digests import feature_digest
from scoring.decider import Domain, ModelDecider, Scores, features_alone
from scoring.decision.component_scores import ComponentScores
from scoring.models.guarded_model import GuardedModel
from scoring.runs.job import Answer
from scoring.runs.record import Run
from tests.integration.third_job.job import JOB, VIEW

INPUT_TYPES: dict[str, pa.DataType] = {
    "customer_day_id": pa.string(),
    "version": pa.int32(),
    "customer_id": pa.string(),
    "day_at": pa.timestamp("us", tz="UTC"),
    "revision": pa.int32(),
    "feature_sha256": pa.string(),
    **dict.fromkeys(VIEW.columns, pa.float64()),
}
_KEYS = ("customer_day_id", "version", "customer_id", "day_at")


def input_columns(revision: str, _: str) -> sql.Composable:
    """Return the SQL of the columns of `INPUT_TYPES`."""
    keys = [sql.Identifier("features", name) for name in _KEYS]
    values = [sql.SQL("{}::float8").format(sql.Identifier("features", n)) for n in VIEW.columns]
    return sql.SQL("{}, {}.revision, encode({}, 'hex'), {}").format(
        sql.SQL(", ").join(keys),
        sql.Identifier(revision),
        feature_digest(VIEW, "features"),
        sql.SQL(", ").join(values),
    )


class ForecastDecider(ModelDecider):
    """A decider without a policy: the answers are the forecast."""

    def _matrix(self, columns: Columns, names: Sequence[str]) -> Matrix:
        return np.column_stack([columns[name].to_numpy(zero_copy_only=False) for name in names])

    def _scores(self, columns: Columns, matrix: Matrix) -> Scores:
        return self.model.score(matrix)

    def _decided(self, columns: Columns, matrix: Matrix, scores: Scores) -> pa.Table:
        rows = len(matrix)
        is_degraded = ~np.all([component.is_ok for component in scores.values()], axis=0)
        return pa.table(
            {
                **{name: columns[name] for name in (*_KEYS, "revision")},
                "run_id": pa.repeat(str(self.run.run_id), rows),
                **{a.status: pa.array(scores[a.name].status.astype(str)) for a in JOB.answers},
                **{answer.name: _values(answer, scores[answer.name]) for answer in JOB.answers},
                "is_degraded": pa.array(is_degraded),
                "feature_view": pa.repeat(self.run.feature_view, rows),
                "feature_sha256": pc.binary_join_element_wise("\\x", columns["feature_sha256"], ""),
                "model_version": pa.repeat(self.run.models[JOB.model.role]["version"], rows),
                "policy_version": pa.repeat(self.run.policy_version, rows),
            }
        )


def _values(answer: Answer, scores: ComponentScores) -> pa.Array:
    if answer.length > 1:
        return lists_of(scores.values, scores.is_ok)
    if not answer.levels:
        return pa.array(scores.values, from_pandas=True)
    levels = np.array([*answer.levels, None], dtype=object)
    indexes = np.where(scores.is_ok, scores.values, len(answer.levels)).astype(int)
    return pa.array(levels[indexes], pa.string())


def _decider_of(run: Run, model: Any, settings: Settings) -> ForecastDecider:
    guarded = GuardedModel(model, settings.model_timeout_seconds, JOB.answers)
    return ForecastDecider(run, guarded, model)


DOMAIN = Domain(INPUT_TYPES, input_columns, features_alone, _decider_of)
