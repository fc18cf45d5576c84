"""Read nights of card customers, and the spending that followed them, from the warehouse.

A training learns from the last nights of months. Their targets are the purchases of the days after
the night, as known at the moment of the training. A target is null while its horizon reaches beyond
the newest known day.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from features.views import FeatureView
from scoring.models import ordered_rows
from scoring.spending.rows import HORIZONS, TrainingSet

#: Nights that a training reads; of more, every k-th customer is taken.
MOST_ROWS = 500_000

_QUERY = """
with days as (
    select
        customer_id,
        day_number,
        sum(spend) as spend
    from marts.fct_card_customer_days
    where known_at <= {as_of}
    group by customer_id, day_number
),

newest as (
    select max(day_number) as day_number from days
),

snapshots as (
    select
        features.*,
        (extract(epoch from features.day_at) / 86400)::int as day_number,
        count(*) over () as snapshot_count
    from {table} as features
    where
        features.day_at >= {start}
        and features.day_at < {end}
        and features.known_at <= {as_of}
        and date_trunc('month', features.day_at + interval '1 day', 'UTC')
        = features.day_at + interval '1 day'
),

taken as (
    select *
    from snapshots
    where
        ('x' || left(md5(customer_id), 8))::bit(32)::bigint
        % ((snapshot_count - 1) / {most_rows} + 1) = 0
),

outcomes as (
    select
        taken.card_customer_night_id,
        {outcomes}
    from taken
    inner join days
        on
            taken.customer_id = days.customer_id
            and taken.day_number < days.day_number
            and taken.day_number >= days.day_number - {longest}
    group by taken.card_customer_night_id
)

select
    features.customer_id,
    features.day_number,
    {targets},
    {columns}
from taken as features
cross join newest
left join outcomes on features.card_customer_night_id = outcomes.card_customer_night_id
where features.day_number + {shortest} <= newest.day_number
"""
_OUTCOME = "sum(days.spend) filter (where days.day_number <= taken.day_number + {days}) as {spent}"
_TARGET = """case when features.day_number + {days} <= newest.day_number
        then coalesce(outcomes.{spent}, 0)::float8
    end"""


def read(
    connection: psycopg.Connection[Any],
    view: FeatureView,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
) -> TrainingSet:
    """Read the month ends of `[start, end)` by which at least a month has passed.

    Args:
        connection: as role `score`.
        view: the feature view; all of its columns are read.
        start: first moment, by `day_at`.
        end: first moment after.
        as_of: later knowledge is ignored.
    """
    names = {days: f"spent_{days}d" for days in HORIZONS}
    parts = {
        days: {"days": sql.Literal(days), "spent": sql.Identifier(name)}
        for days, name in names.items()
    }
    query = sql.SQL(_QUERY).format(
        as_of=sql.Literal(as_of),
        table=sql.Identifier(*view.table.split(".")),
        start=sql.Literal(start),
        end=sql.Literal(end),
        most_rows=sql.Literal(MOST_ROWS),
        shortest=sql.Literal(min(HORIZONS)),
        longest=sql.Literal(max(HORIZONS)),
        outcomes=sql.SQL(",\n        ").join(sql.SQL(_OUTCOME).format(**p) for p in parts.values()),
        targets=sql.SQL(",\n    ").join(sql.SQL(_TARGET).format(**p) for p in parts.values()),
        columns=sql.SQL(",\n    ").join(
            sql.SQL("features.{}::float8").format(sql.Identifier(name)) for name in view.columns
        ),
    )
    types = {
        "customer_id": pa.string(),
        "day_number": pa.int64(),
        **dict.fromkeys((*names.values(), *view.columns), pa.float64()),
    }
    rows, places = ordered_rows.read(connection, query, types, ("day_number", "customer_id"))
    rows = rows.take(places).combine_chunks()
    columns = {name: rows.column(name).to_numpy() for name in types if name != "customer_id"}
    customers = rows.column("customer_id").combine_chunks().dictionary_encode()
    return TrainingSet(
        tuple(view.columns),
        np.column_stack([columns[name] for name in view.columns]),
        customers.indices.to_numpy().astype(np.int64),
        columns["day_number"],
        np.column_stack([columns[name] for name in names.values()]),
    )
