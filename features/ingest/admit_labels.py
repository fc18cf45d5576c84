"""Admit labels by SQL: known outcomes, as a provenance states them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from features.feeds import Feed
from features.feeds.admissions import Labels
from features.feeds.declarations import InlineLabels
from features.ingest import outdated, tables, versions
from features.ingest.reasons import SENTENCES, RowReason
from features.platform import database

# A label is compared with the last label of the same provenance, so two sources that disagree do
# not correct each other forever. Within a delivery the best provenance gets the highest version. A
# label with an older declared time than another label of its provenance is outdated. Without
# declared times, the order of arrival counts.
_FRESH = sql.SQL(
    """
    create temporary table fresh on commit drop as
    with offered as (
        select
            landed.*,
            case
                when %(is_history)s
                    then least(coalesce({first_known_at}, %(known_at)s), %(known_at)s)
                else %(known_at)s
            end as known_at
        from {table} as landed
    ),

    judged as (
        select
            offered.*,
            coalesce(versions.newest, 0) as newest,
            {is_outdated} as is_outdated
        from offered
        left join lateral (
            select labels.version as newest
            from {labels} as labels
            where labels.{id} = offered.{id}
            order by labels.version desc
            limit 1
        ) as versions on true
        left join lateral (
            select labels.*, max(labels.declared_known_at) over () as newest_declared
            from {labels} as labels
            where
                labels.{id} = offered.{id}
                and labels.provenance = offered.provenance
            order by labels.version desc
            limit 1
        ) as latest on true
        where
            latest.{id} is null
            or ({content_of_latest}, latest.declared_known_at)
                is distinct from ({content_of_offered}, offered.declared_known_at)
    )

    select
        judged.*,
        judged.newest + row_number() over (
            partition by judged.{id}, judged.is_outdated
            order by
                judged.known_at,
                array_position(%(provenance_rank)s::text[], judged.provenance) desc
        ) as version
    from judged
    -- an old statement that is already stored is a duplicate
    where not judged.is_outdated or not exists (
        select
        from {labels} as labels
        where
            labels.{id} = judged.{id}
            and labels.provenance = judged.provenance
            and ({content_of_labels}, labels.declared_known_at)
                is not distinct from ({content_of_judged}, judged.declared_known_at)
    )
    """
)

_INSERT = sql.SQL(
    """
    insert into {labels} (
        {id}, version, {stated}, known_at, declared_known_at, provenance, source, delivery_id,
        delivery_seq
    )
    select
        {id}, version, {stated}, known_at, declared_known_at, provenance, %(source)s,
        %(delivery_id)s, %(delivery_seq)s
    from fresh
    """
)


def find_fresh(feed: Feed, labels: Labels, table: sql.Identifier) -> sql.Composed:
    """Return the statement that creates `fresh` from a landed table of labels."""

    def content_of(row: str) -> sql.Composed:
        return sql.SQL(", ").join(sql.Identifier(row, name) for name in _stated(feed, labels))

    return _FRESH.format(
        id=sql.Identifier(feed.subject.target),
        labels=tables.named(feed.table),
        table=table,
        content_of_labels=content_of("labels"),
        content_of_offered=content_of("offered"),
        content_of_judged=content_of("judged"),
        content_of_latest=content_of("latest"),
        first_known_at=sql.SQL(labels.first_known_at),
        is_outdated=outdated.is_outdated("offered"),
    )


def insert(feed: Feed, labels: Labels) -> sql.Composed:
    """Return the statement that moves `fresh` into the raw table."""
    return _INSERT.format(
        id=sql.Identifier(feed.subject.target),
        labels=tables.named(feed.table),
        stated=sql.SQL(", ").join(map(sql.Identifier, _stated(feed, labels))),
    )


def _stated(feed: Feed, labels: Labels) -> list[str]:
    return [feed.column(name).target for name in labels.stated]


# An inline label may change although its row does not. Its declared time follows from the time of
# the row, so a corrected time does not make the label outdated.
_FRESH_INLINE = sql.SQL(
    """
    create temporary table fresh_labels on commit drop as
    with offered as (
        select
            landed.{subject},
            landed.{inline} as {stated},
            landed.{event} + %(label_latency)s as declared_known_at
        from {table} as landed
        where
            landed.{inline} is not null
            and not exists (select from outdated where outdated.row_number = landed.row_number)
    ),

    judged as (
        select
            offered.*,
            coalesce(versions.newest, 0) + 1 as version,
            {is_outdated}
            and not exists (
                select
                from {versions} as rows
                where
                    rows.{subject} = offered.{subject}
                    and rows.{event} + %(label_latency)s = latest.newest_declared
                    and offered.declared_known_at < latest.newest_declared
            ) as is_outdated
        from offered
        left join lateral (
            select labels.version as newest
            from {labels} as labels
            where labels.{subject} = offered.{subject}
            order by labels.version desc
            limit 1
        ) as versions on true
        left join lateral (
            select labels.*, max(labels.declared_known_at) over () as newest_declared
            from {labels} as labels
            where
                labels.{subject} = offered.{subject}
                and labels.provenance = %(label_provenance)s
            order by labels.version desc
            limit 1
        ) as latest on true
        where
            latest.{subject} is null
            or (latest.{stated}, latest.declared_known_at)
                is distinct from (offered.{stated}, offered.declared_known_at)
    )

    select judged.*
    from judged
    where not judged.is_outdated or not exists (
        select
        from {labels} as labels
        where
            labels.{subject} = judged.{subject}
            and labels.provenance = %(label_provenance)s
            and (labels.{stated}, labels.declared_known_at)
                is not distinct from (judged.{stated}, judged.declared_known_at)
    )
    """
)

_INSERT_INLINE = sql.SQL(
    """
    insert into {labels} (
        {subject}, version, {stated}, known_at, declared_known_at, provenance, source,
        delivery_id, delivery_seq
    )
    select
        {subject},
        version,
        {stated},
        case
            when %(is_history)s then least(declared_known_at, %(known_at)s)
            else %(known_at)s
        end,
        declared_known_at,
        %(label_provenance)s,
        %(source)s,
        %(delivery_id)s,
        %(delivery_seq)s
    from fresh_labels
    where not is_outdated
    """
)


def admit_inline(
    connection: psycopg.Connection[Any],
    feed: Feed,
    inline: InlineLabels,
    table: sql.Identifier,
    values: Mapping[str, Any],
) -> tuple[str, ...]:
    """Admit the inline labels of rows of another feed; return notes about them.

    An outdated label does not reject its row, because the row is valid.

    Args:
        connection: inside the transaction of the admission.
        feed: the feed of row versions whose files carry labels.
        inline: where the labels are, and which feed takes them.
        table: the landed table.
        values: the parameters of the admission.
    """
    names = {
        "subject": sql.Identifier(feed.subject.target),
        "stated": sql.Identifier(inline.stated.target),
        "labels": tables.named(inline.feed.table),
    }
    statement = _FRESH_INLINE.format(
        **names,
        inline=sql.Identifier(inline.column.target),
        event=versions.names_of(feed)["event"],
        versions=versions.names_of(feed)["versions"],
        table=table,
        is_outdated=outdated.is_outdated("offered"),
    )
    connection.execute(statement, dict(values))
    connection.execute(_INSERT_INLINE.format(**names), dict(values))
    (rows,) = database.fetch_one(
        connection,
        "count outdated inline labels",
        "select count(*) from fresh_labels where is_outdated",
    )
    if not rows:
        return ()
    return (f"{rows} inline labels were not taken: {SENTENCES[RowReason.OUTDATED_STATEMENT]}",)
