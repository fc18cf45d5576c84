"""From feature rows to ledger rows: model, rules and policy of one run, applied to a chunk.

A decision is a function of its own row and of the run's pins, so the score step and a replay years
later go through the same lines and get the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import structlog
from numpy.typing import NDArray
from psycopg import sql

from features.digests import feature_digest
from features.errors import ContractError, ModelUnavailableError
from features.objects import ObjectStore
from features.views import TRANSACTIONS as VIEW
from features.views import Kind
from scoring import model_files, runs
from scoring.decision import merge, policy, reasons
from scoring.decision.attributions import by_characteristic
from scoring.decision.merge import ComponentScores
from scoring.decision.outcome import CIRCUMSTANCES, Outcome
from scoring.decision.policy import Policy, Rule
from scoring.decision.rules import Condition
from scoring.guarded_model import GuardedModel
from scoring.settings import Settings

log = structlog.get_logger(__name__)

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
        revision: which table of the query knows the revision; the feature table is `features`.
    """
    values = [
        sql.SQL("{}::int::float8" if feature.kind is Kind.FLAG else "{}::float8").format(
            sql.Identifier("features", feature.name)
        )
        for feature in VIEW.features
    ]
    return sql.SQL("{}, {}.revision, encode({}, 'hex'), features.amount is not null, {}").format(
        sql.SQL(", ").join(sql.Identifier("features", name) for name in KEYS),
        sql.Identifier(revision),
        feature_digest(VIEW, "features"),
        sql.SQL(", ").join(values),
    )


@dataclass(frozen=True, slots=True)
class Decider:
    """What every row of a run is decided with."""

    run: runs.Run
    model: GuardedModel
    explainer: Any
    policy: Policy
    conditions: Sequence[tuple[Rule, Condition]]

    def decide(self, rows: pa.Table) -> pa.Table:
        """Decide n rows.

        Args:
            rows: [n] with the columns of `INPUT_TYPES`.

        Returns:
            [n] with the ledger's columns, `decided_at` and `processing_time_ms` excepted.
        """
        columns, matrix = self._inputs(rows)
        return self._decided(columns, matrix, self._scores(columns, matrix))

    def decide_again(self, rows: pa.Table, recorded: pa.Table) -> pa.Table:
        """Decide n rows as they were decided once.

        Args:
            rows: [n], as for `decide`.
            recorded: [n] with `fraud_status` and `anomaly_status` of the ledger. Where the model
                had failed or was missing, that stands: it was an event and no function of the row.
        """
        columns, matrix = self._inputs(rows)
        fraud, anomaly = self._scores(columns, matrix)
        return self._decided(
            columns,
            matrix,
            (_as_recorded(fraud, recorded["fraud_status"]),
             _as_recorded(anomaly, recorded["anomaly_status"])),
        )  # fmt: skip

    def contributions(self, rows: pa.Table) -> pa.Table:
        """Return what each feature added to the log-odds of n rows: [n, features of the model]."""
        _, matrix = self._inputs(rows)
        parts = self.explainer.contributions(matrix)
        return pa.table(dict(zip(self.explainer.features, parts.T, strict=True)))

    def _inputs(self, rows: pa.Table) -> tuple[dict[str, pa.Array], NDArray[np.float64]]:
        columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
        names = list(self.model.model.features) if self.model.model else []
        if not names:
            return columns, np.empty((rows.num_rows, 0))
        arrays = [columns[name].to_numpy(zero_copy_only=False) for name in names]
        return columns, np.column_stack(arrays)

    def _scores(
        self, columns: dict[str, pa.Array], matrix: NDArray[np.float64]
    ) -> tuple[ComponentScores, ComponentScores]:
        return self.model.score(matrix, columns["has_fx_rate"].to_numpy(zero_copy_only=False))

    def _decided(
        self,
        columns: dict[str, pa.Array],
        matrix: NDArray[np.float64],
        components: tuple[ComponentScores, ComponentScores],
    ) -> pa.Table:
        decided = merge.decide(*components, columns, self.policy, self.conditions)
        texts = self._reasons(decided, components[0], matrix)
        return _as_ledger_rows(self.run, columns, decided, components, texts)

    def _reasons(
        self, decided: merge.Decisions, fraud: ComponentScores, matrix: NDArray[np.float64]
    ) -> pa.Array:
        """Explain what was not approved; an approval has an empty list, explained on demand."""
        explained = np.flatnonzero(decided.outcome > Outcome.APPROVE)
        texts = np.full(len(decided.outcome), "[]", dtype=object)
        if len(explained) == 0:
            return pa.array(texts, pa.string())
        subset = decided.take(explained)
        asked = (subset.fraud_level > Outcome.APPROVE) & fraud.is_ok[explained]
        spoken = by_characteristic(self.explainer, matrix[explained], asked, VIEW)
        rendered = reasons.render(subset, fraud.take(explained), *spoken)
        texts[explained] = rendered.to_numpy(zero_copy_only=False)
        return pa.array(texts, pa.string())


def for_run(found: runs.Run, settings: Settings, store: ObjectStore) -> Decider:
    """Return the decider of a run; without its model, every row will be degraded.

    Raises:
        ConfigurationError: the pinned policy is not the file that was pinned.
        ContractError: the model wants features that the view does not have.
    """
    try:
        return for_replay(found, settings, store)
    except ModelUnavailableError as error:
        # the rows are decided all the same, each as a review or stricter, and counted as degraded
        log.error("model_unavailable", model=found.models["fraud"].get("name"), reason=str(error))
        return _decider(found, None, settings)


def for_replay(found: runs.Run, settings: Settings, store: ObjectStore) -> Decider:
    """Return the decider of a run with exactly what it had pinned.

    Raises:
        ModelUnavailableError: the pinned model file is gone or altered.
        ConfigurationError: the pinned policy is not the file that was pinned.
    """
    if found.models["fraud"].get("version") == "none":  # the policy let it go on without
        return _decider(found, None, settings)
    pin = model_files.ModelPin.of(found.models["fraud"])
    return _decider(found, model_files.load(pin, store, settings.work / "models"), settings)


def _decider(found: runs.Run, model: Any, settings: Settings) -> Decider:  # noqa: ANN401
    if model and (unknown := sorted(set(model.features) - set(VIEW.columns))):
        pin = found.models["fraud"]
        raise ContractError(
            f"model {pin['name']} version {pin['version']} wants features that the view "
            f"{VIEW.qualified} does not have: {', '.join(unknown[:5])}; nothing was scored. Move "
            "the alias to a version that was trained on this view, and claim the window again"
        )
    pinned = policy.load(found.policy_version, found.policy_sha256)
    declared = frozenset(VIEW.columns) | {"customer_id", "merchant_id"}
    guarded = GuardedModel(model, settings.model_timeout_seconds)
    return Decider(found, guarded, model, pinned, pinned.conditions(declared))


def _as_recorded(scores: ComponentScores, recorded: pa.ChunkedArray) -> ComponentScores:
    then = recorded.to_numpy().astype(object)
    stands = np.isin(then.astype(str), [status.value for status in CIRCUMSTANCES])
    return replace(
        scores,
        values=np.where(stands, np.nan, scores.values),
        status=np.where(stands, then, scores.status),
    )


def _as_ledger_rows(
    found: runs.Run,
    columns: dict[str, pa.Array],
    decided: merge.Decisions,
    components: tuple[ComponentScores, ComponentScores],
    texts: pa.Array,
) -> pa.Table:
    fraud, anomaly = components
    rows = len(decided.outcome)
    words = pa.array([outcome.word for outcome in Outcome])
    keys = ("transaction_id", "version", "revision", "customer_id", "occurred_at")
    return pa.table(
        {
            **{name: columns[name] for name in keys},
            "run_id": pa.repeat(str(found.run_id), rows),
            "decision": words.take(pa.array(decided.outcome)),
            "fraud_status": pa.array(fraud.status.astype(str)),
            "fraud_probability": pa.array(fraud.values, from_pandas=True),
            "anomaly_status": pa.array(anomaly.status.astype(str)),
            "anomaly_score": pa.array(anomaly.values, from_pandas=True),
            "is_degraded": pa.array(decided.is_degraded),
            "reasons": texts,
            "rule_hits": decided.rule_hits_text(),
            "feature_view": pa.repeat(found.feature_view, rows),
            "feature_sha256": pc.binary_join_element_wise("\\x", columns["feature_sha256"], ""),
            "model_version": pa.repeat(str(found.models["fraud"].get("version", "")), rows),
            "policy_version": pa.repeat(found.policy_version, rows),
        }
    )
