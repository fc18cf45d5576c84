"""Load histories into the warehouse as fast as Postgres can, as admitted deliveries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

#: Values of the columns that a row must have and that nobody reads.
NOTHING = {
    "text": "'-'",
    "integer": "0",
    "bigint": "0",
    "double precision": "0",
    "boolean": "false",
    "timestamp with time zone": "'2000-01-01'",
}
_DELIVERY = """
with ticked as (
    update raw.ledger_clock
    set last_delivery_seq = last_delivery_seq + 1,
        last_known_at = greatest(last_known_at, %(known_at)s)
    returning last_delivery_seq
)
insert into raw.deliveries (
    delivery_id, delivery_seq, source, feed, object_name, content_sha256, size_bytes, load_kind,
    state, rows_in_file, rows_admitted, known_at, admitted_at, first_occurred_at, last_occurred_at
)
select
    gen_random_uuid(), last_delivery_seq, %(source)s, %(feed)s, 'history-' || last_delivery_seq,
    'history-' || last_delivery_seq, 1, 'history', 'admitted', %(rows)s, %(rows)s, %(known_at)s,
    %(known_at)s, %(first)s, %(last)s
from ticked
returning delivery_id, delivery_seq
"""
#: Of partitioned tables, only the parents' own: those of the partitions come and go with them.
_KEYS = """
select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
where conrelid = any(%s::text[]::regclass[]) and contype in ('p', 'u')
"""
#: Postgres describes a partitioned index as one of the parent only, which would leave the days
#: bare.
_INDEXES = """
select indexrelid::regclass::text, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
from pg_index where indrelid = any(%s::text[]::regclass[])
"""


def admit(
    connection: psycopg.Connection[Any],
    source: str,
    feed: str,
    rows: int,
    *,
    known_at: datetime,
    first: datetime,
    last: datetime,
) -> tuple[UUID, int]:
    """Enter a delivery of history as admitted; return its id and number.

    Args:
        connection: as superuser.
        source: the name of the source.
        feed: its feed.
        rows: of the delivery.
        known_at: the moment of its admission.
        first: moment of its rows.
        last: moment of its rows.
    """
    values = {"source": source, "feed": feed, "rows": rows, "known_at": known_at}
    delivery = connection.execute(_DELIVERY, values | {"first": first, "last": last}).fetchone()
    assert delivery is not None
    return delivery[0], delivery[1]


@contextmanager
def without_indexes(connection: psycopg.Connection[Any], tables: Sequence[str]) -> Iterator[None]:
    """Load history into bare tables: creating an index is much faster than maintaining it."""
    keys = connection.execute(_KEYS, (list(tables),)).fetchall()
    for table, name, _ in keys:
        connection.execute(f"alter table {table} drop constraint {name}".encode())
    indexes = connection.execute(_INDEXES, (list(tables),)).fetchall()
    for name, _ in indexes:
        connection.execute(f"drop index {name}".encode())
    yield
    connection.execute(b"set maintenance_work_mem = '1GB'")
    for table, name, definition in keys:
        connection.execute(f"alter table {table} add constraint {name} {definition}".encode())
    for _, definition in indexes:
        connection.execute(definition.encode())
