"""Admit labels: statements of a provenance about the outcome of a transaction or an application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from features.feeds import Feed
from features.feeds.declarations import InlineLabels, Labels
from features.ingest import outdated, tables, versions
from features.ingest.reasons import SENTENCES, RowReason

# A label is compared with what the same provenance said, so that two sources that disagree do not
# correct each other for ever. Within a delivery the best provenance gets the highest version. What
# is declared older than something that the provenance has said is outdated, whenever it arrives;
# where nothing is declared, the order of arrival counts.
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
        ) as said on true
        where
            said.{id} is null
            or ({stated_by_said}, said.declared_known_at)
                is distinct from ({stated_by_offered}, offered.declared_known_at)
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
    -- an old statement that stands in the ledger already says nothing, old or new
    where not judged.is_outdated or not exists (
        select
        from {labels} as labels
        where
            labels.{id} = judged.{id}
            and labels.provenance = judged.provenance
            and ({stated_by_labels}, labels.declared_known_at)
                is not distinct from ({stated_by_judged}, judged.declared_known_at)
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
    """Return the statement that makes `fresh` of a landed table of labels."""

    def stated_by(row: str) -> sql.Composed:
        return sql.SQL(", ").join(sql.Identifier(row, name) for name in _stated(feed, labels))

    return _FRESH.format(
        id=sql.Identifier(feed.subject.target),
        labels=tables.named(feed.table),
        table=table,
        stated_by_labels=stated_by("labels"),
        stated_by_offered=stated_by("offered"),
        stated_by_judged=stated_by("judged"),
        stated_by_said=stated_by("said"),
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


# The label of a row stands beside the row: it may change where the transaction does not. What it
# declares follows from the time of the transaction, so a corrected time is no older statement.
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
                    and rows.{event} + %(label_latency)s = said.newest_declared
                    and offered.declared_known_at < said.newest_declared
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
        ) as said on true
        where
            said.{subject} is null
            or (said.{stated}, said.declared_known_at)
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
    """Admit the labels that rows of another feed carry; return what a person should know of them.

    The row counts as a row of its own feed: an outdated label does not reject it.

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
    row = connection.execute("select count(*) from fresh_labels where is_outdated").fetchone()
    if not row or not row[0]:
        return ()
    return (f"{row[0]} inline labels were not taken: {SENTENCES[RowReason.OUTDATED_STATEMENT]}",)
