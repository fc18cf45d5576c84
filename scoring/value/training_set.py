"""Reads snapshots of customers, and the purchases that followed them, from the warehouse.

A snapshot is the night of the last day of a month, of the history or of live runs. Its targets are
the purchase days and the net of the days after it, as known at the moment of the training. A target
is null while its horizon reaches beyond the merchant's newest day.
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
from scoring.value.inputs import as_float
from scoring.value.rows import HORIZONS, TARGETS, TrainingSet

#: Snapshots of one merchant that a training reads; of more, every k-th customer is taken.
MOST_ROWS = 300_000

_QUERY = """
with days as (
    select
        merchant_id,
        customer_id,
        day_number,
        sum(net) as net
    from marts.fct_customer_days
    where known_at <= {as_of}
    group by merchant_id, customer_id, day_number
),

newest as (
    select
        merchant_id,
        max(day_number) as day_number
    from days
    group by merchant_id
),

snapshots as (
    select
        features.*,
        (extract(epoch from features.day_at) / 86400)::int as day_number,
        count(*) over (partition by features.merchant_id) as snapshots_of_merchant
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
        % ((snapshots_of_merchant - 1) / {most_rows} + 1) = 0
),

outcomes as (
    select
        taken.customer_night_id,
        {outcomes}
    from taken
    inner join days
        on
            taken.merchant_id = days.merchant_id
            and taken.customer_id = days.customer_id
            and taken.day_number < days.day_number
            and taken.day_number >= days.day_number - {longest}
    group by taken.customer_night_id
)

select
    features.merchant_id,
    features.customer_id,
    features.day_number,
    {targets},
    {columns}
from taken as features
inner join newest on features.merchant_id = newest.merchant_id
left join outcomes on features.customer_night_id = outcomes.customer_night_id
"""
_OUTCOMES = """
        count(*) filter (where days.net > 0 and days.day_number <= taken.day_number + {days})
            as {purchases},
        sum(days.net) filter (where days.day_number <= taken.day_number + {days}) as {spend}"""
_TARGET = """
    case when features.day_number + {days} <= newest.day_number
        then coalesce(outcomes.{name}, 0)::float8
    end"""


def read(
    connection: psycopg.Connection[Any],
    view: FeatureView,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
) -> TrainingSet:
    """Read the snapshots of `[start, end)` with all columns of the view, and their targets.

    Args:
        connection: as role `score`.
        view: the feature view.
        start: first moment, by `day_at`.
        end: first moment after.
        as_of: later knowledge is ignored.
    """
    query = sql.SQL(_QUERY).format(
        as_of=sql.Literal(as_of),
        table=sql.Identifier(*view.table.split(".")),
        start=sql.Literal(start),
        end=sql.Literal(end),
        most_rows=sql.Literal(MOST_ROWS),
        longest=sql.Literal(max(HORIZONS)),
        outcomes=sql.SQL(",").join(
            sql.SQL(_OUTCOMES).format(
                days=sql.Literal(days),
                purchases=sql.Identifier(f"purchases_{days}d"),
                spend=sql.Identifier(f"spend_{days}d"),
            )
            for days in HORIZONS
        ),
        targets=sql.SQL(",").join(
            sql.SQL(_TARGET).format(
                days=sql.Literal(HORIZONS[place % len(HORIZONS)]), name=sql.Identifier(name)
            )
            for place, name in enumerate(TARGETS)
        ),
        columns=sql.SQL(",\n    ").join(map(as_float, view.features)),
    )
    types = {
        "merchant_id": pa.string(),
        "customer_id": pa.string(),
        "day_number": pa.int64(),
        **dict.fromkeys((*TARGETS, *view.columns), pa.float64()),
    }
    rows, places = ordered_rows.read(
        connection, query, types, ("day_number", "merchant_id", "customer_id")
    )
    rows = rows.take(places)
    columns = {name: rows.column(name).to_numpy(zero_copy_only=False) for name in rows.column_names}
    return TrainingSet(
        tuple(view.columns),
        np.column_stack([columns[name] for name in view.columns]),
        columns["merchant_id"],
        columns["customer_id"],
        columns["day_number"],
        np.column_stack([columns[name] for name in TARGETS]),
    )
