"""Find the arrivals that the register already knows: objects as listed, and bytes of earlier files.

Name, size and time of the last change identify an arrival. Ingest takes an arrival once. It takes
known bytes again only if another delivery may have changed the same rows: 10, 20, 10 ends at 10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from features.feeds import Feed, label_columns, sharing_tables
from features.ingest import tables
from features.ingest.receipts import DeliveryReceipt
from features.platform import database
from features.platform.objects import ObjectInfo
from features.sources.mapping import SourceFeed

#: Reasons of discarded deliveries whose files ingest takes again without a new arrival.
LOST = "the landed rows were lost in a restart of the server"
TRIED_AGAIN = "tried again: the object can be read now"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One object as it was listed and read.

    Args:
        info: as listed.
        sha256: of its bytes, or a substitute for bytes that were not read.
        size: in bytes.
        follows: the last delivery of this name before this arrival.
        description: digest of the feed's description.
        retry_of: the held delivery whose file is parsed again.
    """

    info: ObjectInfo
    sha256: str
    size: int
    follows: UUID | None
    description: str | None = None
    retry_of: UUID | None = None


# all earlier looks at the objects of a feed, except looks that must be repeated
_SEEN = sql.SQL(
    """
seen as (
    select
        looks.object_name, looks.seen_at, looks.arrived_at, looks.changed_at, looks.object_tag,
        deliveries.delivery_id, deliveries.size_bytes
    from (
        select
            object_name, delivery_id, received_at as seen_at, arrived_at, changed_at, object_tag
        from raw.deliveries
        union all
        select object_name, delivery_id, seen_at, arrived_at, changed_at, object_tag
        from raw.repeated_deliveries
    ) as looks
    inner join raw.deliveries as deliveries on deliveries.delivery_id = looks.delivery_id
    where
        deliveries.source = %(source)s
        and deliveries.feed = %(feed)s
        -- a delivery that a person discarded stays discarded; ingest repeats one lost in a crash
        and not (deliveries.state = 'discarded' and deliveries.reason = any(%(again)s))
        and not (deliveries.state = 'held' and starts_with(deliveries.reason, 'store_failed:'))
)
"""
)


def unchanged_names(
    connection: psycopg.Connection[Any], source: str, feed: str, objects: list[ObjectInfo]
) -> set[str]:
    """Return the names of objects that ingest has read before and that have not changed since."""
    rows = connection.execute(
        sql.SQL(
            """
        with offered as (
            select *
            from unnest(
                %(names)s::text[], %(sizes)s::bigint[], %(changes)s::timestamptz[], %(tags)s::text[]
            ) as objects (object_name, size_bytes, changed_at, object_tag)
        ),

        {seen},

        last_seen as (
            select distinct on (offered.object_name)
                offered.object_name,
                seen.size_bytes = offered.size_bytes
                and coalesce(seen.object_tag, offered.object_tag) = offered.object_tag
                and case
                    when seen.changed_at is null then offered.changed_at < seen.seen_at
                    else offered.changed_at = seen.changed_at
                end as is_unchanged
            from offered
            inner join seen on seen.object_name = offered.object_name
            order by offered.object_name, seen.seen_at desc
        )

        select object_name from last_seen where is_unchanged
        """
        ).format(seen=_SEEN),
        {
            "names": [info.name for info in objects],
            "sizes": [info.size for info in objects],
            "changes": [info.changed_at for info in objects],
            "tags": [info.tag for info in objects],
            "source": source,
            "feed": feed,
            "again": [LOST, TRIED_AGAIN],
        },
    )
    return {name for (name,) in rows}


def last_seen(
    connection: psycopg.Connection[Any], feed: SourceFeed, name: str
) -> tuple[UUID | None, datetime | None]:
    """Return the last delivery of a name and the time of its arrival."""
    row = database.fetch_optional(
        connection,
        "read the last arrival of a name",
        sql.SQL(
            "with {} select delivery_id, arrived_at from seen "
            "where object_name = %(name)s order by seen_at desc limit 1"
        ).format(_SEEN),
        {"name": name, "source": feed.source, "feed": feed.name, "again": [LOST, TRIED_AGAIN]},
    )
    return (row[0], row[1]) if row else (None, None)


def is_last_arrival(
    connection: psycopg.Connection[Any], known: DeliveryReceipt, info: ObjectInfo, feed: SourceFeed
) -> bool:
    """Return whether known bytes are the last arrival of this name, and not a new arrival.

    In this case only the object's owner, mode or links have changed.
    """
    if last_seen(connection, feed, info.name) != (known.delivery_id, info.modified_at):
        return False
    for table in (b"deliveries", b"repeated_deliveries"):
        connection.execute(
            b"update raw." + table + b" set changed_at = %s "
            b"where delivery_id = %s and object_name = %s and arrived_at = %s",
            (info.changed_at, known.delivery_id, info.name, info.modified_at),
        )
    return True


def may_be_superseded(
    connection: psycopg.Connection[Any], known: DeliveryReceipt, feed: SourceFeed
) -> bool:
    """Return whether another delivery may have replaced rows of these bytes.

    This is possible if another delivery was admitted since, or waits for admission. Labels come
    from two feeds if rows of one contain inline labels.
    """
    brings_labels = sql.Composed([])
    values: dict[str, object] = {"known": known.delivery_id}
    if labels := _labels_of(feed):
        brings_labels = _OR_BRINGS_LABELS.format(labels=tables.named(labels.table))
        values |= {
            "feeds": list(sharing_tables(labels.name)),
            "label_columns": list(label_columns(labels)),
        }
    statement = _IS_FOLLOWED.format(or_brings_labels=brings_labels)
    (is_possible,) = database.fetch_one(
        connection, "look for deliveries since one", statement, values
    )
    return bool(is_possible)


# a later delivery of the feed that admitted rows or may admit some
_IS_FOLLOWED = sql.SQL(
    """
    select exists (
        select
        from raw.deliveries as known
        inner join raw.deliveries as other
            on other.delivery_id <> known.delivery_id
            and case
                when known.state = 'admitted'
                    then other.state = 'parsed' or other.delivery_seq > known.delivery_seq
                else other.received_at > known.received_at
            end
        where
            known.delivery_id = %(known)s
            and (
                other.feed = known.feed
                and (
                    other.state = 'parsed'
                    or other.state = 'admitted' and other.rows_admitted > 0
                )
                {or_brings_labels}
            )
    )
    """
)
_OR_BRINGS_LABELS = sql.SQL(
    """
                or other.feed = any(%(feeds)s)
                and (
                    other.state = 'parsed'
                    and exists (
                        select from pg_attribute
                        where
                            attrelid = to_regclass(other.landed_table)
                            and attname = any(%(label_columns)s)
                    )
                    or other.state = 'admitted'
                    and exists (
                        select from {labels} as labels
                        where labels.delivery_seq = other.delivery_seq
                    )
                )
    """
)


def _labels_of(feed: SourceFeed) -> Feed | None:
    """Return the feed of the labels that deliveries of a feed bring, where rows may carry them."""
    inline = feed.declaration.inline_labels
    if feed.inline_label and inline:
        return inline.feed
    return feed.declaration if label_columns(feed.declaration) else None


def record_repeat(connection: psycopg.Connection[Any], delivery_id: UUID, info: ObjectInfo) -> None:
    """Record that the bytes of a delivery arrived again, with the time."""
    connection.execute(
        """
        insert into raw.repeated_deliveries
            (delivery_id, object_name, arrived_at, changed_at, object_tag)
        values (%s, %s, %s, %s, %s)
        on conflict (delivery_id, object_name) do update set
            seen_at = clock_timestamp(),
            arrived_at = excluded.arrived_at,
            changed_at = excluded.changed_at,
            object_tag = excluded.object_tag
        """,
        (delivery_id, info.name, info.modified_at, info.changed_at, info.tag),
    )


def newer_deliveries(
    connection: psycopg.Connection[Any], delivery_id: UUID, feeds: Sequence[str]
) -> list[int]:
    """Return the sequence numbers of admitted deliveries that arrived after this delivery.

    They exist if this delivery was held meanwhile. Their statements are newer.

    Args:
        connection: inside the transaction of the admission.
        delivery_id: of the delivery that is admitted.
        feeds: the feeds that share a table with the feed of this delivery.
    """
    (numbers,) = database.fetch_one(
        connection,
        "list newer deliveries",
        """
        with arrivals as (
            select
                deliveries.delivery_id,
                deliveries.feed,
                deliveries.load_kind,
                deliveries.delivery_seq,
                greatest(coalesce(first_seen_at, received_at), repeats.seen_at) as seen_at,
                greatest(
                    coalesce(deliveries.arrived_at, deliveries.received_at), repeats.arrived_at
                ) as arrived_at
            from raw.deliveries as deliveries
            left join (
                select delivery_id, max(seen_at) as seen_at, max(arrived_at) as arrived_at
                from raw.repeated_deliveries
                group by delivery_id
            ) as repeats on repeats.delivery_id = deliveries.delivery_id
        )

        select coalesce(array_agg(other.delivery_seq), '{}')
        from arrivals as mine
        inner join arrivals as other
            on other.seen_at > mine.seen_at
            and other.arrived_at >= mine.arrived_at
            and other.delivery_seq is not null
            -- history is older than live rows at any time of arrival
            and not (mine.load_kind = 'live' and other.load_kind = 'history')
            and other.feed = any(%(feeds)s)
        where mine.delivery_id = %(delivery)s
        """,
        {"delivery": delivery_id, "feeds": list(feeds)},
    )
    return list(numbers)
