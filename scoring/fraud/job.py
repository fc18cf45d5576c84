"""The score step of card transactions: read a chunk, score, decide, explain, write; again.

The shell around the pure modules. Every chunk is written under the attempt's lease; a killed
attempt goes on where the last committed chunk ended.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import structlog
from psycopg import sql

from features import failpoints, readers
from features.errors import ContractError, FencedError, ModelUnavailableError
from features.objects import ObjectStore
from features.views import TRANSACTIONS, Kind
from scoring import claims, leases, model_files, runs, scored
from scoring.decision import merge, policy, reasons
from scoring.decision.outcome import Outcome
from scoring.decision.policy import Policy, Rule
from scoring.decision.rules import Condition
from scoring.fraud.attributions import by_characteristic
from scoring.fraud.score import GuardedModel
from scoring.jobs import SCORE_TRANSACTIONS as JOB
from scoring.jobs import quoted
from scoring.settings import Settings

log = structlog.get_logger(__name__)

STEP = "score"
KEYS = ("transaction_id", "version", "revision", "customer_id", "merchant_id", "occurred_at")
KEY_TYPES: dict[str, pa.DataType] = {
    "transaction_id": pa.string(),
    "version": pa.int32(),
    "revision": pa.int32(),
    "customer_id": pa.string(),
    "merchant_id": pa.string(),
    "occurred_at": pa.timestamp("us", tz="UTC"),
    "feature_sha256": pa.string(),
    "has_fx_rate": pa.bool_(),
}


@dataclass(frozen=True, slots=True)
class _Setup:
    """What every chunk of a run is scored with."""

    run: runs.Run
    model: GuardedModel
    explainer: Any
    policy: Policy
    conditions: Sequence[tuple[Rule, Condition]]


def run(run_id: UUID, settings: Settings, store: ObjectStore) -> dict[str, object]:
    """Score one claimed run into its table in `scored`.

    Returns:
        The run's receipt.

    Raises:
        FencedError: a newer attempt has taken over.
        ContractError: the run has failed, or rows have no features.
        ConfigurationError: the pinned policy is not the file that was pinned.
    """
    started = time.monotonic()
    with psycopg.connect(settings.warehouse.conninfo("score"), autocommit=True) as connection:
        found = runs.load(connection, run_id)
        if found.state == "failed":
            raise ContractError(
                f"run {run_id} has failed and stays failed; claim its window again: in Airflow, "
                "clear the task `admit` and everything after it"
            )
        if found.state in {"scored", "validated"} and scored.is_lost(connection, found):
            found = runs.reopen(connection, run_id)
        if found.state != "claimed":
            return found.receipt()
        lease = leases.take(connection, run_id, STEP)
        # the attempt before may have got through before its session ended
        found = runs.load(connection, run_id)
        if found.state != "claimed":
            return found.receipt()
        try:
            setup = _setup(found, settings, store)
            failpoints.reach("after_model_load")
            _recover(connection, found, lease)
            chunks = -(-found.rows_claimed // claims.CHUNK_ROWS)
            for chunk in range(lease.chunks_done, chunks):
                _score_chunk(connection, setup, lease, chunk)
                log.info("chunk_scored", run_id=str(run_id), chunk=chunk + 1, of=chunks)
            scored.finish(connection, JOB, found, lease)
        except FencedError:
            leases.record_fenced(connection, lease)
            raise
        done = runs.load(connection, run_id)
    log.info(
        "transactions_scored",
        run_id=str(run_id),
        rows=done.rows_claimed,
        degraded=done.rows_degraded,
        policy=done.policy_version,
        seconds=round(time.monotonic() - started, 1),
    )
    return done.receipt()


def _setup(found: runs.Run, settings: Settings, store: ObjectStore) -> _Setup:
    pinned = policy.load(found.policy_version, found.policy_sha256)
    declared = frozenset(TRANSACTIONS.columns) | {"customer_id", "merchant_id"}
    pin = found.models["fraud"]
    model = None
    try:
        model = model_files.load(model_files.ModelPin.of(pin), store, settings.work / "models")
    except ModelUnavailableError as error:
        # the rows are decided all the same, each as a review or stricter, and counted as degraded
        log.error("model_unavailable", model=pin.get("name"), reason=str(error))
    if model and (unknown := sorted(set(model.features) - set(TRANSACTIONS.columns))):
        raise ContractError(
            f"model {pin['name']} version {pin['version']} wants features that the view "
            f"{TRANSACTIONS.qualified} does not have: {', '.join(unknown[:5])}; nothing was "
            "scored. Move the alias to a version that was trained on this view, and claim the "
            "window again"
        )
    return _Setup(
        found,
        GuardedModel(model, settings.model_timeout_seconds),
        model,
        pinned,
        pinned.conditions(declared),
    )


def _recover(connection: psycopg.Connection[Any], found: runs.Run, lease: leases.Lease) -> None:
    """Make what the chunks need; begin again where a crash has emptied the unlogged tables."""
    if claims.is_lost(connection, found.tables, found.rows_claimed):
        with connection.transaction():
            rows = claims.make(
                connection,
                JOB,
                found.tables,
                window=(found.window_start, found.window_end),
                cutoff=found.known_at_cutoff,
                restated_ids=found.restated_ids,
            )
        if rows != found.rows_claimed:
            raise ContractError(
                f"run {found.run_id} had claimed {found.rows_claimed} rows, and {rows} stand there "
                "after the crash; fail the run and claim its window again"
            )
    claims.expose_features(connection, JOB, found.tables)
    scored.prepare(connection, JOB, found, lease)


def _score_chunk(
    connection: psycopg.Connection[Any], setup: _Setup, lease: leases.Lease, chunk: int
) -> None:
    started = time.monotonic()
    rows = _read(connection, setup.run, chunk)
    columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
    matrix = _matrix(columns, list(setup.model.model.features) if setup.model.model else [])
    has_rate = columns["has_fx_rate"].to_numpy(zero_copy_only=False)
    fraud, anomaly = setup.model.score(matrix, has_rate)
    failpoints.reach("mid_predict")
    decided = merge.decide(fraud, anomaly, columns, setup.policy, setup.conditions)
    texts = _reasons(setup, decided, fraud, matrix)
    table = _as_ledger_rows(setup.run, columns, decided, (fraud, anomaly), texts)
    scored.write_chunk(connection, setup.run, lease, chunk, table, time.monotonic() - started)


def _read(connection: psycopg.Connection[Any], found: runs.Run, chunk: int) -> pa.Table:
    """Read the chunk's keys, feature hash and features, booleans as 0 and 1."""
    view = JOB.view
    features = [
        sql.SQL("{}::int::float8").format(sql.Identifier(feature.name))
        if feature.kind is Kind.FLAG
        else sql.SQL("{}::float8").format(sql.Identifier(feature.name))
        for feature in view.features
    ]
    query = sql.SQL(
        "select {keys}, encode({digest}, 'hex'), amount is not null, {features} "
        "from {source} where chunk = {chunk}"
    ).format(
        keys=sql.SQL(", ").join(map(sql.Identifier, KEYS)),
        digest=scored.feature_digest(view),
        features=sql.SQL(", ").join(features),
        source=quoted(found.tables.features),
        chunk=sql.Literal(chunk),
    )
    types = KEY_TYPES | dict.fromkeys(view.columns, pa.float64())
    return readers.read(connection, query, types)


def _matrix(columns: dict[str, pa.Array], names: Sequence[str]) -> np.ndarray:
    rows = len(columns["transaction_id"])
    if not names:
        return np.empty((rows, 0))
    return np.column_stack([columns[name].to_numpy(zero_copy_only=False) for name in names])


def _reasons(
    setup: _Setup, decided: merge.Decisions, fraud: merge.ComponentScores, matrix: np.ndarray
) -> pa.Array:
    """Explain what was not approved; an approval has an empty list, and is explained on demand."""
    explained = np.flatnonzero(decided.outcome > Outcome.APPROVE)
    texts = np.full(len(decided.outcome), "[]", dtype=object)
    if len(explained) == 0:
        return pa.array(texts, pa.string())
    subset = decided.take(explained)
    asked = (subset.fraud_level > Outcome.APPROVE) & fraud.is_ok[explained]
    spoken = by_characteristic(setup.explainer, matrix[explained], asked, JOB.view)
    rendered = reasons.render(subset, fraud.take(explained), *spoken)
    texts[explained] = rendered.to_numpy(zero_copy_only=False)
    return pa.array(texts, pa.string())


def _as_ledger_rows(
    found: runs.Run,
    columns: dict[str, pa.Array],
    decided: merge.Decisions,
    components: tuple[merge.ComponentScores, merge.ComponentScores],
    texts: pa.Array,
) -> pa.Table:
    fraud, anomaly = components
    rows = len(decided.outcome)
    words = pa.array([outcome.word for outcome in Outcome])
    return pa.table(
        {
            **{name: columns[name] for name in KEYS if name != "merchant_id"},
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
