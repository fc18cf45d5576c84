"""Declare how the landed rows of a feed enter its raw table.

Ingest has one way of admission for each class, so a feed writes SQL only where it is like no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString


@dataclass(frozen=True, slots=True)
class Versions:
    """Admit rows as versions with two clocks: new content of a key is its next version.

    Attributes:
        event: the column of when a row happened.
        table: the table that keeps versions unique; may be the raw table itself.
        carried: columns that `table` holds beside key and clocks, where it is not the raw table.
        ensure_days: the function that makes a partition for each UTC day; None without partitions.
    """

    event: str
    table: str
    carried: tuple[str, ...] = ()
    ensure_days: str | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """Admit rows as statements about a subject, each compared with its own provenance.

    Attributes:
        stated: the columns that make a statement.
        first_known_at: SQL expressions, in the order of preference, for when a row of a history
            load became known. `landed` is the row.
    """

    stated: tuple[str, ...]
    first_known_at: LiteralString


@dataclass(frozen=True, slots=True)
class Facts:
    """Admit rows as facts about a key: of several, the newest declared one holds.

    A fact needs no provenance. Content that the newest fact of its key has is a duplicate, other
    content is its next version.

    Attributes:
        first_known_at: SQL expressions, in the order of preference, for when a row of a history
            load became known. `landed` is the row.
        period: the column of when a fact begins to hold; None where the key says it. A fact
            without a value holds from its `known_at` on, and the first of its subject since ever.
    """

    first_known_at: LiteralString
    period: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """Admit rows by statements of the feed's own.

    Attributes:
        fresh: creates the temporary table `fresh` from `{table}`, with a column `is_outdated`;
            `{is_outdated}` is the comparison of the row `offered` with the row `latest`.
        insert: moves `fresh` into the raw table.
    """

    fresh: LiteralString
    insert: LiteralString
