"""Count the admitted rows whose code of a place is unknown: they have no coordinates.

Such a code is kept and compared like any other. A source may deliver its places later, for the rows
that become known after them.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from features.feeds import ColumnKind, Feed
from features.platform.database import certain
from features.platform.places import CODES

_COUNT = sql.SQL(
    """
    with used as (
        select {code} as code, count(*) as row_count
        from fresh
        where {code} is not null
        group by 1
    )

    select count(*), coalesce(sum(used.row_count), 0)
    from used
    where
        used.code <> all(%s::text[])
        and not exists (select from raw.places where places.location_code = used.code)
    """
)


def notes(connection: psycopg.Connection[Any], feed: Feed) -> tuple[str, ...]:
    """Return a note on the rows of `fresh` with a code that names no known place."""
    column = feed.column_of(ColumnKind.PLACE)
    if column is None:
        return ()
    row = connection.execute(
        _COUNT.format(code=sql.Identifier("fresh", column.target)), (sorted(CODES),)
    ).fetchone()
    codes, rows = certain("count unknown places", row)
    if not codes:
        return ()
    return (
        f"{rows} {'row has' if rows == 1 else 'rows have'} a {column.name} that is no known place "
        f"({codes} {'code' if codes == 1 else 'codes'}): no distance and no time zone follow from "
        "it. Deliver its coordinates in the feed places, or map it to a code of the list of places",
    )
