"""Reads matured transactions for the comparison of two fraud models."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from features.platform.settings import Settings
from features.sources.source_set import source_set
from features.views import TRANSACTIONS, FeatureView
from features.views.numbers import as_number
from scoring.fraud import labels_at_hand
from scoring.fraud.training_set import known_at
from scoring.models import ordered_rows
from scoring.models.challengers import Challenger
from scoring.models.labelled_rows import LabelledRows
from scoring.models.matured_rows import Knowledge, Matured, MaturedRows, Period

#: The divisions in which a challenger must not be much worse.
SEGMENTS = {"channel": "channel", "category": "transaction_category"}

# a row without an amount in the base currency is scored by no model
_QUERY = """
select
    features.transaction_id,
    features.customer_id,
    (extract(epoch from features.occurred_at) * 1000000)::bigint as occurred_us,
    known_label.is_fraud,
    {segments},
    {columns}
from {table} as features
join (
    {known_labels}
) as known_label on features.transaction_id = known_label.transaction_id
join raw.transactions as delivered
    on
        features.transaction_id = delivered.transaction_id
        and features.version = delivered.version
        and features.occurred_at = delivered.occurred_at
where
    features.occurred_at >= {start}
    and features.occurred_at < {end}
    and delivered.occurred_at >= {start}
    and delivered.occurred_at < {end}
    and features.known_at <= {as_of}
    and features.amount is not null
    and {is_newest}
"""


def knowledge(connection: psycopg.Connection[Any], settings: Settings, now: datetime) -> Knowledge:
    """Return the newest knowledge at hand; a label has matured after the days of the sources."""
    maturity = timedelta(days=source_set(settings).maturity_days)
    as_of = labels_at_hand.newest_knowledge(connection, TRANSACTIONS, maturity, now)
    return Knowledge(as_of, as_of - maturity)


def read(
    connection: psycopg.Connection[Any], view: FeatureView, period: Period, _: Settings
) -> MaturedRows:
    """Read the transactions of a period with their labels.

    Args:
        connection: as role `score`.
        view: the feature view; all of its columns are read.
        period: by `occurred_at`.
    """
    query = sql.SQL(_QUERY).format(
        segments=sql.SQL(", ").join(
            sql.SQL("coalesce({}, '')").format(sql.Identifier("delivered", column))
            for column in SEGMENTS.values()
        ),
        columns=sql.SQL(",\n    ").join(map(as_number, view.features)),
        start=sql.Literal(period.start),
        end=sql.Literal(period.end),
        **known_at(view, period.as_of),
    )
    types = {
        "transaction_id": pa.string(),
        "customer_id": pa.string(),
        "occurred_us": pa.int64(),
        "is_fraud": pa.bool_(),
        **dict.fromkeys(SEGMENTS, pa.string()),
        **dict.fromkeys(view.columns, pa.float64()),
    }
    rows, places = ordered_rows.read(connection, query, types, ("occurred_us", "transaction_id"))
    rows = rows.take(places).combine_chunks()
    is_fraud = rows.column("is_fraud").to_numpy()
    matrix = np.empty((rows.num_rows, len(view.columns)))
    for position, name in enumerate(view.columns):
        matrix[:, position] = rows.column(name).to_numpy()
    return MaturedRows(
        inputs=LabelledRows(tuple(view.columns), matrix),
        # silence is a label: a transaction without a report is genuine
        has_label=np.ones(rows.num_rows, dtype=bool),
        is_event=is_fraud.astype(bool),
        customer=rows.column("customer_id").combine_chunks(),
        amount=np.maximum(matrix[:, view.columns.index("amount")], 0.0),
        happened_us=rows.column("occurred_us").to_numpy(),
        segments={name: rows.column(name).to_numpy(zero_copy_only=False) for name in SEGMENTS},
    )


def learnt_until(challenger: Challenger) -> datetime | None:
    """Return the time of the newest transaction that a model has learnt from."""
    return challenger.training_end


MATURED = Matured(knowledge, learnt_until, read)
