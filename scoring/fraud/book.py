"""Computes the handbook's own 15 features from raw rows, for the comparison in `quality`.

They follow the book exactly, and differ from our feature views: windows include the row itself,
days are 24 hours back, and the terminal's risk is delayed by seven times 24 hours.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from numpy.typing import NDArray
from psycopg import sql

from features.platform import readers

FEATURES = (
    "amount",
    "is_weekend",
    "is_night",
    *(f"customer_{kind}_{days}d" for days in (1, 7, 30) for kind in ("count", "average")),
    *(f"terminal_{kind}_{days}d" for days in (1, 7, 30) for kind in ("count", "risk")),
)

# An inclusive window ends at the row itself. Rows of one instant count in the order of their ids,
# as in the book, whose rolling windows run over sorted rows.
_QUERY = """
with
rows as (
    select
        transactions.transaction_id,
        transactions.customer_id,
        transactions.merchant_id,
        transactions.occurred_at,
        transactions.amount_minor,
        coalesce(labels.is_fraud, false)::int as is_fraud
    from raw.transactions as transactions
    left join raw.transaction_labels as labels
        on transactions.transaction_id = labels.transaction_id
),
windowed as (
    select
        *,
        count(*) over customer_1d as customer_count_1d,
        sum(amount_minor) over customer_1d as customer_sum_1d,
        count(*) over customer_7d as customer_count_7d,
        sum(amount_minor) over customer_7d as customer_sum_7d,
        count(*) over customer_30d as customer_count_30d,
        sum(amount_minor) over customer_30d as customer_sum_30d,
        count(*) over terminal_8d - count(*) over terminal_delay as terminal_count_1d,
        sum(is_fraud) over terminal_8d - sum(is_fraud) over terminal_delay as terminal_frauds_1d,
        count(*) over terminal_14d - count(*) over terminal_delay as terminal_count_7d,
        sum(is_fraud) over terminal_14d - sum(is_fraud) over terminal_delay as terminal_frauds_7d,
        count(*) over terminal_37d - count(*) over terminal_delay as terminal_count_30d,
        sum(is_fraud) over terminal_37d - sum(is_fraud) over terminal_delay as terminal_frauds_30d
    from rows
    window
        customer_1d as (
            partition by customer_id order by occurred_at
            range between interval '1 day' - interval '1 us' preceding and current row
        ),
        customer_7d as (
            partition by customer_id order by occurred_at
            range between interval '7 days' - interval '1 us' preceding and current row
        ),
        customer_30d as (
            partition by customer_id order by occurred_at
            range between interval '30 days' - interval '1 us' preceding and current row
        ),
        terminal_delay as (
            partition by merchant_id order by occurred_at
            range between interval '7 days' - interval '1 us' preceding and current row
        ),
        terminal_8d as (
            partition by merchant_id order by occurred_at
            range between interval '8 days' - interval '1 us' preceding and current row
        ),
        terminal_14d as (
            partition by merchant_id order by occurred_at
            range between interval '14 days' - interval '1 us' preceding and current row
        ),
        terminal_37d as (
            partition by merchant_id order by occurred_at
            range between interval '37 days' - interval '1 us' preceding and current row
        )
)
select
    amount_minor / 100.0::float8 as amount,
    (extract(isodow from occurred_at) >= 6)::int as is_weekend,
    (extract(hour from occurred_at) <= 6)::int as is_night,
    customer_count_1d,
    customer_sum_1d / customer_count_1d::float8 / 100 as customer_average_1d,
    customer_count_7d,
    customer_sum_7d / customer_count_7d::float8 / 100 as customer_average_7d,
    customer_count_30d,
    customer_sum_30d / customer_count_30d::float8 / 100 as customer_average_30d,
    terminal_count_1d,
    coalesce(terminal_frauds_1d / nullif(terminal_count_1d, 0)::float8, 0) as terminal_risk_1d,
    terminal_count_7d,
    coalesce(terminal_frauds_7d / nullif(terminal_count_7d, 0)::float8, 0) as terminal_risk_7d,
    terminal_count_30d,
    coalesce(terminal_frauds_30d / nullif(terminal_count_30d, 0)::float8, 0) as terminal_risk_30d
from windowed
where occurred_at >= {start} and occurred_at < {end}
order by occurred_at, transaction_id
"""


def read(
    connection: psycopg.Connection[Any], start: datetime, end: datetime
) -> NDArray[np.float64]:
    """Return the book's features of the rows of `[start, end)`, in order of time and id.

    The warehouse must hold only the handbook's file: one version and one label per transaction.
    """
    query = sql.SQL(_QUERY).format(start=sql.Literal(start), end=sql.Literal(end))
    rows = readers.read(connection, query, dict.fromkeys(FEATURES, pa.float64()))
    matrix = np.empty((rows.num_rows, len(FEATURES)))
    for position, name in enumerate(FEATURES):
        matrix[:, position] = rows.column(name).to_numpy()
    return matrix
