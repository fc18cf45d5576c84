"""Write the SQL of a row's content digest, which a younger column leaves as it was.

A source may deliver a row again after a release that adds a column. The row is still a duplicate.
So its digest covers an added column only where this column, or a younger one, has another value
than its default.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from features.feeds import Feed


def digest(feed: Feed, row: str) -> sql.Composed:
    """Return the SHA-256 of a row's content, without clocks and position in the file.

    record_send writes types, lengths and nulls, so different contents have different forms.

    Args:
        feed: its columns, those that were added last.
        row: the name of the landed row in the query.
    """
    old = [column.target for column in feed.columns if not column.is_added]
    added = [column for column in feed.columns if column.is_added]
    if not added:
        return sql.SQL("sha256({})").format(_sent(row, old))
    names = [column.target for column in added]
    cases = [
        sql.SQL("when {} is distinct from {} then {}").format(
            sql.Identifier(row, names[place]),
            sql.Literal(added[place].default),
            _sent(row, [*old, *names[: place + 1]]),
        )
        for place in reversed(range(len(added)))
    ]
    return sql.SQL("sha256(case {} else {} end)").format(sql.SQL(" ").join(cases), _sent(row, old))


def _sent(row: str, names: Sequence[str]) -> sql.Composed:
    columns = sql.SQL(", ").join(sql.Identifier(row, name) for name in names)
    return sql.SQL("record_send(row({}))").format(columns)
