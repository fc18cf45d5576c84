"""The least that the plans of a night cost: read, the same planner, without a guarantee."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pyarrow as pa
from psycopg import sql

from features.platform import lists, readers
from scoring.decision.policy import policy
from scoring.runs.job import Job, quoted
from scoring.runs.record import Run
from scoring.stock import inputs
from scoring.stock.decider import StockDecider
from tests.bench.setup import POLICY

CHUNK_ROWS = 10_000
_NOBODY = "00000000-0000-0000-0000-000000000000"
#: The forecasts that the floor has just written: no run, no revision and no override is looked for.
_ROWS = sql.SQL(
    """
    select {columns}
    from {features} as features
    left join (
        select
            merchant_id,
            product_id,
            array_agg('demand/' || demand_night_id || '/0' order by channel) as forecast_ids,
            array_agg(channel order by channel) as forecast_channels,
            array_agg(mean_units order by channel) as channel_units,
            array_agg(array[daily_scatter, level_scatter] order by channel) as channel_scatter
        from decisions.demand_forecasts
        where day_at = (select max(day_at) from decisions.demand_forecasts)
        group by merchant_id, product_id
    ) as evidence
        on
            features.merchant_id = evidence.merchant_id
            and features.product_id = evidence.product_id
    cross join (select 0 as revision) as first
    where features.day_at = (select max(day_at) from {features})
    """
)


def plan(connection: psycopg.Connection[Any], job: Job) -> pa.Table:
    """Plan all products of the newest night; return rows of the ledger with lists as texts."""
    query = _ROWS.format(
        columns=inputs.input_columns("first", "evidence"), features=quoted(job.view.table)
    )
    rows = readers.read(connection, query, inputs.INPUT_TYPES)
    run = SimpleNamespace(run_id=_NOBODY, feature_view=job.view.qualified, policy_version=POLICY)
    decider = StockDecider(cast("Run", run), policy.load(POLICY).require_stock())
    parts = (rows.slice(first, CHUNK_ROWS) for first in range(0, rows.num_rows, CHUNK_ROWS))
    plans = pa.concat_tables(decider.decide(part) for part in parts).combine_chunks()
    return pa.table(
        {
            name: lists.to_postgres(name, column.combine_chunks())
            if pa.types.is_list(column.type)
            else column
            for name, column in zip(plans.column_names, plans.columns, strict=True)
        }
    )
