"""Admit facts by SQL: rates, places, merchants, customers, each with the newest declared content.

A fact has two clocks: `known_at`, and where the feed declares a period also `valid_from`. Rows are
only added, so a reader of the past finds the facts of that past.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from psycopg import sql

from features.feeds import Feed
from features.feeds.admissions import Facts
from features.ingest import outdated, rates, tables

#: A fact is valued at the rate of the day on which it became known.
KNOWN_AT = sql.Identifier("known_at")

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
            select facts.version as newest
            from {facts} as facts
            where {is_of_subject}
            order by facts.version desc
            limit 1
        ) as versions on true
        left join lateral (
            select facts.*, max(facts.declared_known_at) over () as newest_declared
            from {facts} as facts
            where {is_of_subject} and {is_of_period}
            order by facts.version desc
            limit 1
        ) as latest on true
        where
            latest.version is null
            or ({content_of_latest}) is distinct from ({content_of_offered})
            or offered.declared_known_at <> latest.declared_known_at
            or (offered.declared_known_at is not null and latest.declared_known_at is null)
    ),

    numbered as (
        select
            judged.*,
            judged.newest + row_number() over (
                partition by {subject_of_judged}, judged.is_outdated
                order by {period_of_judged}, judged.row_number
            ) as version
        from judged
    )

    select
        offered.*,
        {valid_from} as valid_from
    from numbered as offered
    -- an old fact that is already stored is a duplicate
    where not offered.is_outdated or not exists (
        select
        from {facts} as facts
        where
            {is_of_subject}
            and {is_of_period}
            and ({content_of_facts}, facts.declared_known_at)
                is not distinct from ({content_of_offered}, offered.declared_known_at)
    )
    """
)

_INSERT = sql.SQL(
    """
    insert into {facts} ({targets}, version, known_at, source, delivery_id, delivery_seq{more})
    select
        {columns}, fresh.version, fresh.known_at, %(source)s, %(delivery_id)s,
        %(delivery_seq)s{computed}
    from fresh
    {rates}
    """
)

# Nothing else is known of the time before the first fact of a subject, so it holds since ever.
_VALID_FROM = sql.SQL(
    "coalesce(offered.{}, case when offered.version > 1 then offered.known_at end)"
)


def find_fresh(feed: Feed, facts: Facts, table: sql.Identifier) -> sql.Composed:
    """Return the statement that creates `fresh` from a landed table of facts."""
    period = feed.column(facts.period).target if facts.period else None
    subject = [name for name in feed.key if name != period]
    stated = [name for name in feed.targets if name not in (*feed.key, "declared_known_at")]

    def content_of(row: str) -> sql.Composed:
        return _list(stated, lambda name: sql.Identifier(row, name))

    is_of_period = _EQUAL.format(sql.Identifier(period)) if period else sql.SQL("true")
    return _FRESH.format(
        facts=tables.named(feed.table),
        table=table,
        first_known_at=sql.SQL(facts.first_known_at),
        is_outdated=outdated.is_outdated("offered"),
        is_of_subject=sql.SQL(" and ").join(
            sql.SQL("facts.{0} = offered.{0}").format(sql.Identifier(name)) for name in subject
        ),
        is_of_period=is_of_period,
        subject_of_judged=_list(subject, lambda name: sql.Identifier("judged", name)),
        period_of_judged=sql.SQL("judged.{} nulls first").format(sql.Identifier(period))
        if period
        else sql.SQL("judged.known_at"),
        valid_from=_VALID_FROM.format(sql.Identifier(period))
        if period
        else sql.SQL("null::timestamptz"),
        content_of_facts=content_of("facts"),
        content_of_latest=content_of("latest"),
        content_of_offered=content_of("offered"),
    )


def insert(feed: Feed, facts: Facts) -> sql.Composed:
    """Return the statement that moves `fresh` into the raw table; `fx_needed` has the rates."""
    computed: dict[str, sql.Composable] = {
        name.replace("_minor", "_base_minor"): rates.IN_BASE.format(
            amount=sql.Identifier("fresh", name)
        )
        for name in feed.amounts
    }
    if facts.period:
        computed["valid_from"] = sql.Identifier("fresh", "valid_from")
    return _INSERT.format(
        facts=tables.named(feed.table),
        targets=_list(feed.targets, sql.Identifier),
        more=tables.further(map(sql.Identifier, computed)),
        columns=_list(feed.targets, lambda name: sql.Identifier("fresh", name)),
        computed=tables.further(computed.values()),
        rates=rates.OF_ROW.format(event=KNOWN_AT) if feed.amounts else sql.SQL(""),
    )


_EQUAL = sql.SQL("facts.{0} is not distinct from offered.{0}")


def _list(names: Sequence[str], form: Callable[[str], sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(map(form, names))
