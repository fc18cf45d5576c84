"""Read customers at the ends of months, and what followed, for the training sets of two domains.

A snapshot is the night of the last day of a month, of the history or of live runs. Its targets are
sums over the days after it, as known at the moment of the training. A target is null while its
horizon reaches beyond the newest known day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from features.views import FeatureView
from features.views.numbers import as_number
from scoring.models import ordered_rows

_QUERY = """
with days as (
    select
        {keys},
        day_number,
        sum({amount}) as amount
    from {days}
    where known_at <= {as_of}
    group by {keys}, day_number
),

newest as (
    select
        {newest}
    from days
    group by ({group})
),

snapshots as (
    select
        features.*,
        (extract(epoch from features.day_at) / 86400)::int as day_number,
        count(*) over ({partition}) as snapshot_count
    from {table} as features
    where
        features.day_at >= {start}
        and features.day_at < {end}
        and features.known_at <= {as_of}
        and date_trunc('month', features.day_at + interval '1 day', 'UTC')
        = features.day_at + interval '1 day'
),

taken as (
    select
        snapshots.*,
        newest.day_number as newest_day
    from snapshots
    inner join newest on {is_of_group}
    where
        ('x' || left(md5(customer_id), 8))::bit(32)::bigint
        % ((snapshot_count - 1) / {most_rows} + 1) = 0
),

outcomes as (
    select
        taken.{id},
        {sums}
    from taken
    inner join days
        on
            {is_of_customer}
            and taken.day_number < days.day_number
            and taken.day_number >= days.day_number - {longest}
    group by taken.{id}
)

select
    {selected},
    features.day_number,
    {targets},
    {columns}
from taken as features
left join outcomes on features.{id} = outcomes.{id}
"""
_SUM = "sum({value}) filter (where days.day_number <= taken.day_number + {days}) as {name}"
_TARGET = """case when features.day_number + {days} <= features.newest_day
        then coalesce(outcomes.{name}, 0)::float8
    end as {name}"""


@dataclass(frozen=True, slots=True)
class Target:
    """A sum over the days after a snapshot.

    Attributes:
        name: the column of the result.
        days: the horizon.
        value: the SQL of a day's part of the sum, from `days.amount`.
    """

    name: str
    days: int
    value: str = "days.amount"


@dataclass(frozen=True, slots=True)
class Book:
    """The days of customers behind the targets.

    Attributes:
        days: the mart with the keys, `day_number`, `known_at` and the amount.
        amount: its column.
        keys: the columns that name a customer; the last one is `customer_id`.
        group: the key whose customers share a newest known day and the limit of rows; None: all
            customers do.
        targets: of each snapshot.
        most_rows: snapshots of a group that are read; of more, every k-th customer is taken.
    """

    days: str
    amount: str
    keys: Sequence[str]
    group: str | None
    targets: Sequence[Target]
    most_rows: int


def read(
    connection: psycopg.Connection[Any],
    view: FeatureView,
    book: Book,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
) -> pa.Table:
    """Read the snapshots of `[start, end)`, in order of day and keys.

    Args:
        connection: as role `score`.
        view: the feature view; all of its columns are read.
        book: the days, and the targets.
        start: first moment, by `day_at`.
        end: first moment after.
        as_of: later knowledge is ignored.

    Returns:
        The keys, `day_number` (since 1970), the targets and the view's columns.
    """
    names = [target.name for target in book.targets]
    types = {
        **dict.fromkeys(book.keys, pa.string()),
        "day_number": pa.int64(),
        **dict.fromkeys((*names, *view.columns), pa.float64()),
    }
    query = _query(view, book, start=start, end=end, as_of=as_of)
    rows, places = ordered_rows.read(connection, query, types, ("day_number", *book.keys))
    return rows.take(places).combine_chunks()


def _query(
    view: FeatureView, book: Book, *, start: datetime, end: datetime, as_of: datetime
) -> sql.Composed:
    by_target = [
        {
            "name": sql.Identifier(target.name),
            "days": sql.Literal(target.days),
            "value": sql.SQL(target.value),
        }
        for target in book.targets
    ]
    group = [sql.Identifier(book.group)] if book.group else []
    return sql.SQL(_QUERY).format(
        keys=sql.SQL(", ").join(map(sql.Identifier, book.keys)),
        selected=sql.SQL(", ").join(sql.Identifier("features", key) for key in book.keys),
        amount=sql.Identifier(book.amount),
        days=sql.Identifier(*book.days.split(".")),
        table=sql.Identifier(*view.table.split(".")),
        id=sql.Identifier(view.entity),
        group=sql.SQL("").join(group),
        newest=sql.SQL(", ").join([*group, sql.SQL("max(day_number) as day_number")]),
        partition=sql.SQL("").join(map(sql.SQL("partition by {}").format, group)),
        is_of_group=_equal("snapshots", "newest", [book.group] if book.group else []),
        is_of_customer=_equal("taken", "days", book.keys),
        as_of=sql.Literal(as_of),
        start=sql.Literal(start),
        end=sql.Literal(end),
        most_rows=sql.Literal(book.most_rows),
        longest=sql.Literal(max(target.days for target in book.targets)),
        sums=sql.SQL(",\n        ").join(sql.SQL(_SUM).format(**part) for part in by_target),
        targets=sql.SQL(",\n    ").join(sql.SQL(_TARGET).format(**part) for part in by_target),
        columns=sql.SQL(",\n    ").join(map(as_number, view.features)),
    )


def _equal(left: str, right: str, names: Sequence[str]) -> sql.Composable:
    """Return the condition that two tables agree in some columns; true without any."""
    pairs = [
        sql.SQL("{} = {}").format(sql.Identifier(left, name), sql.Identifier(right, name))
        for name in names
    ]
    return sql.SQL(" and ").join(pairs) if pairs else sql.SQL("true")
