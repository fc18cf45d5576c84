"""Read the rows of one big query, and their order, for the training sets of all domains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from features.platform import readers

# The query is one big read. Hash joins beat index look-ups, whose number the planner cannot
# estimate after `distinct`. After a first load there are no statistics, so it would loop.
_PLAN = "set local enable_nestloop = off; set local work_mem = '256MB'"


def read(
    connection: psycopg.Connection[Any],
    query: sql.Composed,
    types: Mapping[str, pa.DataType],
    order: Sequence[str],
) -> tuple[pa.Table, pa.Array]:
    """Read rows in any order, and their positions in ascending order of some columns.

    Python sorts the positions, because Postgres would sort the rows with all their columns.
    """
    with connection.transaction():
        connection.execute(_PLAN)
        rows = readers.read(connection, query, types)
    return rows, pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in order])
