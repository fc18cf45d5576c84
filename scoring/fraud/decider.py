"""Decides transactions: applies a run's model, rules and policy to a chunk of feature rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from features.platform.arrays import Columns, Matrix
from features.platform.settings import Settings
from features.views import TRANSACTIONS as VIEW
from features.views.digests import feature_digest
from features.views.numbers import as_number
from scoring.decider import (
    Domain,
    Outcomes,
    PolicyDecider,
    Scores,
    features_alone,
    listed_columns,
)
from scoring.decision.attributions import by_characteristic
from scoring.decision.component_scores import ComponentScores
from scoring.decision.outcome import Outcome
from scoring.decision.overrides import with_overrides
from scoring.decision.policy.exceptions import Exceptions
from scoring.decision.policy.policy import Policy
from scoring.decision.rules.columns import TRANSACTIONS, types_of
from scoring.exceptions.pinned import pinned_policy
from scoring.fraud import merge, reasons
from scoring.fraud.job import JOB
from scoring.models.guarded_model import GuardedModel
from scoring.runs import record

ANSWERS = JOB.answers
KEYS = ("transaction_id", "version", "customer_id", "merchant_id", "occurred_at")

INPUT_TYPES: dict[str, pa.DataType] = {
    "transaction_id": pa.string(),
    "version": pa.int32(),
    "customer_id": pa.string(),
    "merchant_id": pa.string(),
    "occurred_at": pa.timestamp("us", tz="UTC"),
    "revision": pa.int32(),
    "feature_sha256": pa.string(),
    "has_fx_rate": pa.bool_(),
    **dict.fromkeys(VIEW.columns, pa.float64()),
}


def input_columns(revision: str = "features") -> sql.Composable:
    """Return the SQL of the columns of `INPUT_TYPES`, booleans as 0 and 1.

    Args:
        revision: the table of the query with the revision; the feature table is `features`.
    """
    return sql.SQL("{}, {}.revision, encode({}, 'hex'), features.amount is not null, {}").format(
        sql.SQL(", ").join(sql.Identifier("features", name) for name in KEYS),
        sql.Identifier(revision),
        feature_digest(VIEW, "features"),
        sql.SQL(", ").join(map(as_number, VIEW.features)),
    )


class TransactionDecider(PolicyDecider):
    """The model, the policy and the rules that decide the transactions of a run."""

    def under(self, policy: Policy) -> Self:
        """Return the same decider under another policy, as the base says."""
        policy = Exceptions.of(self.policy).added_to(policy)
        return replace(self, policy=policy, conditions=policy.conditions(types_of(TRANSACTIONS)))

    @property
    def columns_of_outcomes(self) -> frozenset[str]:
        """The columns of rules and lists."""
        return listed_columns(self.policy, self.conditions, merge.MOMENT)

    @property
    def columns_of_scores(self) -> frozenset[str]:
        """The columns of the model, and the one that says whether a row has a rate."""
        features = self.explainer.features if self.explainer else ()
        return frozenset({*features, "has_fx_rate"})

    def outcomes(self, columns: Columns, scores: Scores) -> Outcomes:
        """Return the outcomes of n rows, as the base says."""
        decisions = self._merged(columns, scores)
        return Outcomes(decisions.outcome, None, decisions.rule_hits, decisions.rules)

    def _matrix(self, columns: Columns, names: Sequence[str]) -> Matrix:
        return np.column_stack([columns[name].to_numpy(zero_copy_only=False) for name in names])

    def _scores(self, columns: Columns, matrix: Matrix) -> Scores:
        return self.model.score(matrix, columns["has_fx_rate"].to_numpy(zero_copy_only=False))

    def _decided(self, columns: Columns, matrix: Matrix, scores: Scores) -> pa.Table:
        decisions = self._merged(columns, scores)
        texts = with_overrides(
            self._reasons(decisions, scores[ANSWERS[0].name], matrix), decisions.overrides
        )
        return _as_ledger_rows(self.run, columns, decisions, scores, texts)

    def _merged(self, columns: Columns, scores: Scores) -> merge.Decisions:
        fraud, anomaly = (scores[answer.name] for answer in ANSWERS)
        return merge.decide(fraud, anomaly, columns, self.policy, self.conditions)

    def _reasons(
        self, decisions: merge.Decisions, fraud: ComponentScores, matrix: Matrix
    ) -> pa.Array:
        """Explain rows that were not approved; approvals are explained on demand."""
        explained = np.flatnonzero(decisions.outcome > Outcome.APPROVE)
        texts = np.full(len(decisions.outcome), "[]", dtype=object)
        if len(explained) == 0:
            return pa.array(texts, pa.string())
        decisions, fraud = decisions.take(explained), fraud.take(explained)
        is_adverse = (decisions.fraud_level > Outcome.APPROVE) & fraud.is_ok
        feature_reasons, weights = by_characteristic(
            self.explainer, matrix[explained], is_adverse, VIEW
        )
        rendered = reasons.render(decisions, fraud, feature_reasons, weights)
        texts[explained] = rendered.to_numpy(zero_copy_only=False)
        return pa.array(texts, pa.string())


def decider_of(run: record.Run, model: Any, settings: Settings) -> TransactionDecider:  # noqa: ANN401
    """Return the decider of a run with a model; without a model every row is degraded.

    Raises:
        ConfigurationError: the policy file or the exceptions differ from the pinned ones.
    """
    pinned = pinned_policy(run, settings)
    guarded = GuardedModel(model, settings.model_timeout_seconds, ANSWERS)
    conditions = pinned.conditions(types_of(TRANSACTIONS))
    return TransactionDecider(run, guarded, model, pinned, conditions)


def _as_ledger_rows(
    run: record.Run,
    columns: Columns,
    decisions: merge.Decisions,
    scores: Scores,
    texts: pa.Array,
) -> pa.Table:
    fraud, anomaly = (scores[answer.name] for answer in ANSWERS)
    rows = len(decisions.outcome)
    words = pa.array([outcome.word for outcome in Outcome])
    keys = ("transaction_id", "version", "revision", "customer_id", "occurred_at")
    return pa.table(
        {
            **{name: columns[name] for name in keys},
            "run_id": pa.repeat(str(run.run_id), rows),
            "decision": words.take(pa.array(decisions.outcome)),
            "fraud_status": pa.array(fraud.status.astype(str)),
            "fraud_probability": pa.array(fraud.values, from_pandas=True),
            "anomaly_status": pa.array(anomaly.status.astype(str)),
            "anomaly_score": pa.array(anomaly.values, from_pandas=True),
            "is_degraded": pa.array(decisions.is_degraded),
            "reasons": texts,
            "rule_hits": decisions.rule_hits_text(),
            "feature_view": pa.repeat(run.feature_view, rows),
            "feature_sha256": pc.binary_join_element_wise("\\x", columns["feature_sha256"], ""),
            "model_version": pa.repeat(str(run.models["fraud"].get("version", "")), rows),
            "policy_version": pa.repeat(run.policy_version, rows),
        }
    )


DOMAIN = Domain(
    INPUT_TYPES, lambda revision, _: input_columns(revision), features_alone, decider_of
)
