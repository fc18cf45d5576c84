"""Counts the rows and frauds at hand, day by day, before any of them is learnt from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from features.platform import database
from features.views import FeatureView
from scoring.fraud.period import LabelsAtHand
from scoring.fraud.training_set import known_at

# Silence is knowledge of the platform, not of a source: it says nothing about how far labels reach.
_SILENCE = "matured_silence"

_KNOWLEDGE = """
with stated as (
    select
        transaction_id,
        known_at
    from marts.fct_transaction_labels
    where provenance <> {silence} and known_at <= {now}
),

rows_at_hand as (
    select
        transaction_id,
        occurred_at,
        known_at
    from {table}
    where known_at <= {now}
),

known as (
    select
        greatest((select max(known_at) from rows_at_hand), (select max(known_at) from stated))
            as newest,
        (select max(occurred_at) from rows_at_hand) as newest_row
)

select
    newest,
    newest_row,
    exists (
        select 1
        from rows_at_hand
        where
            rows_at_hand.occurred_at >= newest - {maturity}
            and not exists (
                select 1 from stated where stated.transaction_id = rows_at_hand.transaction_id
            )
    ) as has_unstated
from known
"""

_DAYS = """
select
    floor(extract(epoch from features.occurred_at) / 86400)::bigint as day,
    count(*) filter (where features.occurred_at < {matured}) as matured,
    count(*) filter (
        where features.occurred_at < {matured} and known_label.is_fraud
    ) as frauds,
    count(*) filter (where features.occurred_at >= {matured}) as young,
    max(features.occurred_at) as newest
from {table} as features
left join (
    {known_labels}
) as known_label on features.transaction_id = known_label.transaction_id
where
    features.known_at <= {as_of}
    and {is_newest}
group by 1
order by 1
"""


def newest_knowledge(
    connection: psycopg.Connection[Any], view: FeatureView, maturity: timedelta, now: datetime
) -> datetime:
    """Return the moment up to which rows and labels at hand reach; `now` without rows.

    Data of the past ends there. A row after it has no label because nothing was delivered any more,
    and not because it was genuine. If each of the newest rows states its label, no fraud can be
    missing, so the moment is that of the last row's maturity.

    Args:
        connection: as role `score`.
        view: the feature view.
        maturity: of the labels.
        now: the latest moment to return.
    """
    newest, newest_row, has_unstated = database.fetch_one(
        connection,
        "find the newest knowledge",
        sql.SQL(_KNOWLEDGE).format(
            table=_table(view),
            now=sql.Literal(now),
            maturity=sql.Literal(maturity),
            silence=sql.Literal(_SILENCE),
        ),
    )
    if newest is None:
        return now
    if not has_unstated:
        # `end` is exclusive, so a microsecond more takes the last row too
        newest = max(newest, newest_row + maturity + timedelta(microseconds=1))
    known: datetime = min(newest.astimezone(UTC), now)
    return known


def count(
    connection: psycopg.Connection[Any], view: FeatureView, maturity: timedelta, as_of: datetime
) -> LabelsAtHand:
    """Count the rows known at `as_of` and the frauds among the matured ones, by day.

    Args:
        connection: as role `score`.
        view: the feature view.
        maturity: of the labels.
        as_of: later knowledge is ignored.
    """
    query = sql.SQL(_DAYS).format(matured=sql.Literal(as_of - maturity), **known_at(view, as_of))
    with connection.transaction():
        connection.execute("set local enable_nestloop = off; set local work_mem = '256MB'")
        counted = database.fetch_all(connection, "count rows and frauds by day", query)
    by_day = np.array([row[:4] for row in counted], dtype=np.int64).reshape(-1, 4)
    newest = max((row[4] for row in counted), default=None)
    return LabelsAtHand(
        as_of=as_of,
        maturity=maturity,
        day=by_day[:, 0],
        rows=by_day[:, 1],
        frauds=by_day[:, 2],
        young=by_day[:, 3],
        newest=newest.astimezone(UTC) if newest else None,
    )


def _table(view: FeatureView) -> sql.Identifier:
    return sql.Identifier(*view.table.split("."))
