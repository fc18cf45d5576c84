"""Reads applications with the outcome of their loan from the warehouse into one matrix.

A running loan is censored, not good. So rows come in whole vintages: all loans of one month and one
term, after the time to default of the last of them. The selection of a row then never depends on
its outcome. A partial vintage would over-represent early defaults and early repayments.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from features.views import FeatureView
from scoring.credit import inputs
from scoring.credit.rows import TrainingSet
from scoring.models import ordered_rows

_QUERY = """
select
    features.application_id,
    features.customer_id,
    (extract(epoch from features.applied_at) * 1000000)::bigint as applied_us,
    known_outcome.is_default,
    {columns}
from {table} as features
join (
    select distinct on (application_id)
        application_id,
        is_default
    from marts.fct_application_labels
    where known_at <= {as_of} and not is_policy_exception
    order by application_id, known_at desc, provenance_rank, label_version desc
) as known_outcome on features.application_id = known_outcome.application_id
where
    features.applied_at >= {start}
    and features.applied_at < {end}
    and features.known_at <= {as_of}
    and known_outcome.is_default is not null
    and ({takes_any} or (
        date_trunc('month', features.applied_at, 'UTC')
        + make_interval(months => 1 + features.term_months::int)
        + {lag} <= {as_of}
    ))
    and not exists (
        select 1
        from {table} as newer
        where
            newer.application_id = features.application_id
            and newer.version > features.version
            and newer.known_at <= {as_of}
    )
"""


def read(  # noqa: PLR0913 - a period, a moment and a lag, by name
    connection: psycopg.Connection[Any],
    view: FeatureView,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
    lag: timedelta,
    whole_vintages: bool = True,
) -> TrainingSet:
    """Read the applications of `[start, end)` with an outcome known at `as_of`.

    Args:
        connection: as role `score`.
        view: the feature view; all of its columns are read.
        start: first moment, by `applied_at`.
        end: first moment after.
        as_of: later knowledge is ignored.
        lag: the time after its last instalment in which a loan can still turn bad.
        whole_vintages: False takes every closed loan, which favours early defaults; only for
            comparison.
    """
    query = sql.SQL(_QUERY).format(
        columns=inputs.selected(view),
        table=sql.Identifier(*view.table.split(".")),
        start=sql.Literal(start),
        end=sql.Literal(end),
        as_of=sql.Literal(as_of),
        lag=sql.Literal(lag),
        takes_any=sql.Literal(not whole_vintages),
    )
    types = {
        "application_id": pa.string(),
        "customer_id": pa.string(),
        "applied_us": pa.int64(),
        "is_default": pa.bool_(),
        **inputs.types_of(view),
    }
    rows, places = ordered_rows.read(connection, query, types, ("applied_us", "application_id"))
    rows = rows.take(places)
    columns = {name: rows.column(name).combine_chunks() for name in rows.column_names}
    return TrainingSet(
        tuple(view.columns),
        inputs.matrix_of(columns, view.columns),
        columns["is_default"].to_numpy(zero_copy_only=False),
        columns["customer_id"].dictionary_encode().indices.to_numpy().astype(np.int64),
        columns["applied_us"].to_numpy(),
        columns["application_id"].to_numpy(zero_copy_only=False),
    )
