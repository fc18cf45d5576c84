"""Admit labels by SQL: the known outcomes of transactions and applications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from features.ingest import outdated
from features.ingest.layout import LAYOUTS
from features.ingest.reasons import SENTENCES, RowReason

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
        {id}, version, {content}, known_at, declared_known_at, provenance, source, delivery_id,
        delivery_seq
    )
    select
        {id}, version, {content}, known_at, declared_known_at, provenance, %(source)s,
        %(delivery_id)s, %(delivery_seq)s
    from fresh
    """
)

# the time at which a label of a history load became known, if no later time is known
_FIRST_KNOWN_AT: Mapping[str, str] = {
    "transaction_labels": """
        landed.declared_known_at,
        (
            select transactions.occurred_at + %(latency)s
            from raw.transaction_versions as transactions
            where transactions.transaction_id = landed.transaction_id
            order by transactions.version desc
            limit 1
        )
    """,
    # a loan ends with its last payment, and a charge-off is noticed later; a loan without a payment
    # ends with its term
    "application_labels": """
        landed.declared_known_at,
        (
            landed.last_payment_date::timestamp
            + case when landed.outcome = 'charged_off' then %(charge_off_lag)s else interval '0' end
        ) at time zone 'UTC',
        (
            select
                applications.applied_at + make_interval(months => applications.term_months)
                + %(charge_off_lag)s
            from raw.applications
            where
                applications.application_id = landed.application_id
                and landed.outcome in ('fully_paid', 'charged_off')
            order by applications.version desc
            limit 1
        )
    """,
}
_CONTENT: Mapping[str, tuple[str, ...]] = {
    "transaction_labels": ("is_fraud",),
    "application_labels": ("outcome", "is_policy_exception"),
}


def find_fresh(feed: str, table: sql.Identifier) -> sql.Composed:
    """Return the statement that creates `fresh` from a landed table of labels."""

    def content_of(row: str) -> sql.Composed:
        return sql.SQL(", ").join(sql.Identifier(row, name) for name in _CONTENT[feed])

    return _FRESH.format(
        id=sql.Identifier(LAYOUTS[feed][0].target),
        labels=sql.Identifier("raw", feed),
        table=table,
        content_of_labels=content_of("labels"),
        content_of_offered=content_of("offered"),
        content_of_judged=content_of("judged"),
        content_of_latest=content_of("latest"),
        first_known_at=sql.SQL(_FIRST_KNOWN_AT[feed]),
        is_outdated=outdated.is_outdated("offered"),
    )


def insert(feed: str) -> sql.Composed:
    """Return the statement that moves `fresh` into the raw table."""
    return _INSERT.format(
        id=sql.Identifier(LAYOUTS[feed][0].target),
        labels=sql.Identifier("raw", feed),
        content=sql.SQL(", ").join(map(sql.Identifier, _CONTENT[feed])),
    )


# An inline label may change although its transaction does not. Its declared time follows from the
# time of the transaction, so a corrected time does not make the label outdated.
_FRESH_INLINE = sql.SQL(
    """
    create temporary table fresh_labels on commit drop as
    with offered as (
        select
            landed.transaction_id,
            landed.inline_is_fraud as is_fraud,
            landed.occurred_at + %(label_latency)s as declared_known_at
        from {table} as landed
        where
            landed.inline_is_fraud is not null
            and not exists (select from outdated where outdated.row_number = landed.row_number)
    ),

    judged as (
        select
            offered.*,
            coalesce(versions.newest, 0) + 1 as version,
            {is_outdated}
            and not exists (
                select
                from raw.transaction_versions as transactions
                where
                    transactions.transaction_id = offered.transaction_id
                    and transactions.occurred_at + %(label_latency)s = latest.newest_declared
                    and offered.declared_known_at < latest.newest_declared
            ) as is_outdated
        from offered
        left join lateral (
            select labels.version as newest
            from raw.transaction_labels as labels
            where labels.transaction_id = offered.transaction_id
            order by labels.version desc
            limit 1
        ) as versions on true
        left join lateral (
            select labels.*, max(labels.declared_known_at) over () as newest_declared
            from raw.transaction_labels as labels
            where
                labels.transaction_id = offered.transaction_id
                and labels.provenance = %(label_provenance)s
            order by labels.version desc
            limit 1
        ) as latest on true
        where
            latest.transaction_id is null
            or (latest.is_fraud, latest.declared_known_at)
                is distinct from (offered.is_fraud, offered.declared_known_at)
    )

    select judged.*
    from judged
    where not judged.is_outdated or not exists (
        select
        from raw.transaction_labels as labels
        where
            labels.transaction_id = judged.transaction_id
            and labels.provenance = %(label_provenance)s
            and (labels.is_fraud, labels.declared_known_at)
                is not distinct from (judged.is_fraud, judged.declared_known_at)
    )
    """
)

_INSERT_INLINE = """
insert into raw.transaction_labels (
    transaction_id, version, is_fraud, known_at, declared_known_at, provenance, source,
    delivery_id, delivery_seq
)
select
    transaction_id,
    version,
    is_fraud,
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


def admit_inline(
    connection: psycopg.Connection[Any], table: sql.Identifier, values: Mapping[str, Any]
) -> tuple[str, ...]:
    """Admit the inline labels of transactions; return notes about them.

    An outdated label does not reject its row, because the transaction is valid.
    """
    statement = _FRESH_INLINE.format(table=table, is_outdated=outdated.is_outdated("offered"))
    connection.execute(statement, dict(values))
    connection.execute(_INSERT_INLINE, dict(values))
    row = connection.execute("select count(*) from fresh_labels where is_outdated").fetchone()
    if not row or not row[0]:
        return ()
    return (f"{row[0]} inline labels were not taken: {SENTENCES[RowReason.OUTDATED_STATEMENT]}",)
