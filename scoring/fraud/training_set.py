"""Reads feature rows with matured labels from the warehouse into one matrix.

A row is used once its label has matured. The newest label known by `as_of` counts, and a
transaction without a label at maturity counts as genuine. Younger rows are left out, also the
frauds among them. Frauds are reported before other rows are known to be genuine, so early use would
overstate the rate.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg import sql

from features.views import FeatureView
from features.views.numbers import as_number
from scoring.fraud.rows import TrainingSet
from scoring.models import ordered_rows

# the label of each transaction that was known last at a moment
_KNOWN_LABELS = sql.SQL(
    """select distinct on (transaction_id)
        transaction_id,
        is_fraud
    from marts.fct_transaction_labels
    where known_at <= {as_of}
    order by transaction_id, known_at desc, provenance_rank, label_version desc"""
)

# no correction of the row was known at that moment
_IS_NEWEST = sql.SQL(
    """not exists (
        select 1
        from {table} as newer
        where
            newer.transaction_id = features.transaction_id
            and newer.version > features.version
            and newer.known_at <= {as_of}
    )"""
)

_QUERY = """
select
    features.transaction_id,
    features.customer_id,
    (extract(epoch from features.occurred_at) * 1000000)::bigint as occurred_us,
    known_label.is_fraud,
    {columns}
from {table} as features
join (
    {known_labels}
) as known_label on features.transaction_id = known_label.transaction_id
where
    features.occurred_at >= {start}
    and features.occurred_at < {end}
    and features.known_at <= {as_of}
    and {is_newest}
"""


def read(
    connection: psycopg.Connection[Any],
    view: FeatureView,
    *,
    start: datetime,
    end: datetime,
    as_of: datetime,
) -> TrainingSet:
    """Read the rows of `[start, end)` with the labels known at `as_of`.

    Args:
        connection: as role `score`.
        view: the feature view; all of its columns are read.
        start: first moment, by `occurred_at`.
        end: first moment after; at most `as_of` less the maturity of labels.
        as_of: later knowledge is ignored.
    """
    columns = sql.SQL(",\n    ").join(map(as_number, view.features))
    query = sql.SQL(_QUERY).format(
        columns=columns,
        start=sql.Literal(start),
        end=sql.Literal(end),
        **known_at(view, as_of),
    )
    types = {
        "transaction_id": pa.string(),
        "customer_id": pa.string(),
        "occurred_us": pa.int64(),
        "is_fraud": pa.bool_(),
        **dict.fromkeys(view.columns, pa.float64()),
    }
    rows, places = ordered_rows.read(connection, query, types, ("occurred_us", "transaction_id"))
    order = places.to_numpy()
    matrix = np.empty((rows.num_rows, len(view.columns)))
    for position, name in enumerate(view.columns):
        matrix[:, position] = rows.column(name).to_numpy()[order]
    customers = rows.column("customer_id").take(places).combine_chunks()
    return TrainingSet(
        tuple(view.columns),
        matrix,
        rows.column("is_fraud").to_numpy()[order],
        customers.dictionary_encode().indices.to_numpy().astype(np.int64),
        rows.column("occurred_us").to_numpy()[order],
    )


def known_at(view: FeatureView, as_of: datetime) -> dict[str, sql.Composable]:
    """Return the parts of a query on `features` that keep later knowledge out of it.

    Args:
        view: the feature view.
        as_of: later labels, rows and corrections are ignored.
    """
    table, moment = sql.Identifier(*view.table.split(".")), sql.Literal(as_of)
    return {
        "table": table,
        "as_of": moment,
        "known_labels": _KNOWN_LABELS.format(as_of=moment),
        "is_newest": _IS_NEWEST.format(table=table, as_of=moment),
    }
