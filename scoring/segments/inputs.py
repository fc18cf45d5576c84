"""Build the SQL of a customer night's columns, with the state of the night before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from features.views import CUSTOMER_NIGHTS as VIEW
from features.views.digests import feature_digest
from features.views.numbers import as_number
from scoring.runs.record import Run
from scoring.segments.assignment import NONE, STALE_DAYS, State
from scoring.segments.job import PREVIOUS
from scoring.segments.levels import LEVELS

KEYS = ("customer_night_id", "version", "merchant_id", "customer_id", "day_at")
INPUT_TYPES: dict[str, pa.DataType] = {
    "customer_night_id": pa.string(),
    "version": pa.int32(),
    "merchant_id": pa.string(),
    "customer_id": pa.string(),
    "day_at": pa.timestamp("us", tz="UTC"),
    "revision": pa.int32(),
    "feature_sha256": pa.string(),
    **dict.fromkeys(VIEW.columns, pa.float64()),
    "previous_segment": pa.string(),
    "previous_nights_off": pa.int32(),
    "previous_model_version": pa.string(),
    "had_segment": pa.bool_(),
}

# A customer's night before is found by its key: the id ends with the day. Older nights are read
# only where it is missing. A customer has one row that says `new`, so an earlier one is found fast.
_BESIDE = sql.SQL(
    """
    {table} as features
    left join lateral (
        select {state}
        from {ledger} as ledger
        inner join decisions.runs as runs on runs.run_id = ledger.run_id
        where
            ledger.customer_night_id = {stem} || {day_before}
            and ledger.segment is not null
            and runs.published_at <= {claimed_at}::timestamptz
        order by ledger.revision desc
        limit 1
    ) as last_night on true
    left join lateral (
        select {state}
        from generate_series(2, {stale_days}) as nights (ago)
        inner join {ledger} as ledger on ledger.customer_night_id = {stem} || {day_ago}
        inner join decisions.runs as runs on runs.run_id = ledger.run_id
        where
            last_night.segment is null
            and ledger.segment is not null
            and runs.published_at <= {claimed_at}::timestamptz
        order by nights.ago, ledger.revision desc
        limit 1
    ) as older_night on true
    cross join lateral (
        select
            coalesce(last_night.segment, older_night.segment) as previous_segment,
            coalesce(last_night.nights_off, older_night.nights_off) as previous_nights_off,
            coalesce(last_night.model_version, older_night.model_version)
                as previous_model_version,
            coalesce(last_night.segment, older_night.segment) is not null
            or exists (
                select 1
                from {ledger} as ledger
                inner join decisions.runs as runs on runs.run_id = ledger.run_id
                where
                    ledger.merchant_id = features.merchant_id
                    and ledger.customer_id = features.customer_id
                    and ledger.move_reason = 'new'
                    and ledger.day_at < features.day_at
                    and runs.published_at <= {claimed_at}::timestamptz
            ) as had_segment
    ) as evidence
    """
)
_STATE = sql.SQL("ledger.segment, ledger.nights_off, ledger.model_version")
_DAY = "(features.day_at at time zone 'UTC')::date"


def source(table: sql.Composable, run: Run) -> sql.Composable:
    """Return the SQL of a run's feature rows, with the state of each customer's night before.

    A row that was published after the claim of the run does not count. So each shard of a run sees
    the same state.
    """
    return _BESIDE.format(
        table=table,
        state=_STATE,
        ledger=sql.Identifier("decisions", "customer_segments"),
        stem=sql.SQL("left(features.customer_night_id, -10)"),
        day_before=sql.SQL(f"({_DAY} - 1)"),
        day_ago=sql.SQL(f"({_DAY} - nights.ago)"),
        stale_days=sql.Literal(STALE_DAYS),
        claimed_at=sql.Literal(run.claimed_at),
    )


def input_columns(revision: str, evidence: str) -> sql.Composable:
    """Return the SQL of the columns of `INPUT_TYPES`; the feature table is `features`.

    Args:
        revision: the table of the query with the revision.
        evidence: the table of the query with the state of the night before: the ledger in a replay.
    """
    return sql.SQL(", ").join(
        [
            *(sql.Identifier("features", name) for name in KEYS),
            sql.Identifier(revision, "revision"),
            sql.SQL("encode({}, 'hex')").format(feature_digest(VIEW, "features")),
            *map(as_number, VIEW.features),
            *(sql.Identifier(evidence, name) for name in PREVIOUS),
        ]
    )


def state_of(columns: Mapping[str, pa.Array]) -> State:
    """Return the state of n customers after the night before."""
    known = pc.index_in(columns["previous_segment"], value_set=pa.array(LEVELS))
    nights_off = pc.fill_null(columns["previous_nights_off"], 0)
    return State(
        pc.fill_null(known, NONE).to_numpy(zero_copy_only=False).astype(np.int64),
        nights_off.to_numpy(zero_copy_only=False).astype(np.int64),
    )
