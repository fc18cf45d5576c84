"""Values the customers of a chunk: turns their features into rows of the ledger.

No policy decides here: the answers of the model are the value. A chunk holds customers of several
merchants, and each is valued with the parameters of its merchant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.platform.arrays import Columns, Flags, Matrix
from features.platform.settings import Settings
from scoring.decider import Domain, ModelDecider, Scores, features_alone
from scoring.models.feature_columns import matrix_of
from scoring.models.guarded_model import GuardedModel
from scoring.runs.record import Run
from scoring.value import explanation, inputs
from scoring.value.job import JOB
from scoring.value.model import METHODS


class ValueDecider(ModelDecider):
    """The model that values the customers of a run."""

    def lines(self, rows: pa.Table) -> list[str]:
        """Return the history, the method and the parameters behind one valued row: [1]."""
        if self.explainer is None:
            return []
        _, matrix = self._inputs(rows)
        return explanation.lines(self.explainer, matrix, rows.column("merchant_id")[0].as_py())

    def _matrix(self, columns: Columns, names: Sequence[str]) -> Matrix:
        merchants = columns["merchant_id"].to_numpy(zero_copy_only=False)
        matrix: Matrix = np.column_stack(
            [matrix_of(columns, names), self.explainer.coded(merchants)]
        )
        return matrix

    def _scores(self, columns: Columns, matrix: Matrix) -> Scores:  # noqa: ARG002 - as the base
        return self.model.score(matrix)

    def _decided(self, columns: Columns, matrix: Matrix, scores: Scores) -> pa.Table:
        rows = columns["version"].to_numpy(zero_copy_only=False).size
        is_ok = np.all([component.is_ok for component in scores.values()], axis=0)
        run = self.run
        version = str(run.models[JOB.slot.role].get("version", ""))
        return pa.table(
            {
                **{name: columns[name] for name in (*inputs.KEYS, "revision")},
                "run_id": pa.repeat(str(run.run_id), rows),
                **{a.status: pa.array(scores[a.name].status.astype(str)) for a in JOB.answers},
                **{
                    answer.name: pa.array(scores[answer.name].values, from_pandas=True)
                    for answer in JOB.answers
                },
                "value_method": self._methods(matrix, is_ok),
                "is_degraded": pa.array(~is_ok),
                "feature_view": pa.repeat(run.feature_view, rows),
                "feature_sha256": pc.binary_join_element_wise("\\x", columns["feature_sha256"], ""),
                "model_version": pa.repeat(version, rows),
                "policy_version": pa.repeat(run.policy_version, rows),
            }
        )

    def _methods(self, matrix: Matrix, is_ok: Flags) -> pa.Array:
        """Return the method of each row, null where a row has no value."""
        if self.explainer is None:
            return pa.nulls(len(matrix), pa.string())
        methods = pa.array(self.explainer.method_of(matrix[:, -1]), mask=~is_ok)
        return pa.array(METHODS).take(methods)


def decider_of(run: Run, model: Any, settings: Settings) -> ValueDecider:  # noqa: ANN401
    """Return the decider of a run with a model; without a model every row is degraded."""
    guarded = GuardedModel(model, settings.model_timeout_seconds, JOB.answers)
    return ValueDecider(run, guarded, model)


DOMAIN = Domain(inputs.INPUT_TYPES, inputs.input_columns, features_alone, decider_of)
