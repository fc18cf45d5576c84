"""The SQL that admits labels: what became known of a transaction's or an application's outcome."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from features.ingest.layout import LAYOUTS

# A label is compared with the newest of the same provenance, so that two sources that disagree do
# not correct each other for ever. Within a delivery the best provenance gets the highest version.
_LABELS = sql.SQL(
    """
    with offered as (
        select
            {told_by_landed},
            landed.{id},
            landed.provenance,
            landed.declared_known_at,
            case
                when %(is_history)s
                    then least(coalesce({first_known_at}, %(known_at)s), %(known_at)s)
                else %(known_at)s
            end as known_at
        from {table} as landed
    ),

    admitted as (
        insert into {labels} (
            {id}, version, {told}, known_at, declared_known_at, provenance, source, delivery_id,
            delivery_seq
        )
        select
            offered.{id},
            coalesce(versions.newest, 0) + row_number() over (
                partition by offered.{id}
                order by
                    offered.known_at,
                    array_position(%(provenance_rank)s::text[], offered.provenance) desc
            ),
            {told_by_offered},
            offered.known_at,
            offered.declared_known_at,
            offered.provenance,
            %(source)s,
            %(delivery_id)s,
            %(delivery_seq)s
        from offered
        left join lateral (
            select labels.version as newest
            from {labels} as labels
            where labels.{id} = offered.{id}
            order by labels.version desc
            limit 1
        ) as versions on true
        left join lateral (
            select labels.*
            from {labels} as labels
            where
                labels.{id} = offered.{id}
                and labels.provenance = offered.provenance
            order by labels.version desc
            limit 1
        ) as said on true
        where
            said.{id} is null
            or ({told_by_said}, said.declared_known_at)
                is distinct from ({told_by_offered}, offered.declared_known_at)
        returning known_at
    )

    select count(*), max(known_at) from admitted
    """
)

# when a label of a history load became known, where nothing later is known
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
    # a loan ends with its last payment, or nobody pays any more and that takes a while to notice;
    # without a payment, it is over when its term is
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
_TOLD: Mapping[str, tuple[str, ...]] = {
    "transaction_labels": ("is_fraud",),
    "application_labels": ("outcome", "is_policy_exception"),
}


def labels(feed: str, table: sql.Identifier) -> sql.Composed:
    """Return the statement that admits a landed table of labels; it returns count and newest."""
    told = _TOLD[feed]

    def told_by(row: str) -> sql.Composed:
        return sql.SQL(", ").join(sql.Identifier(row, name) for name in told)

    return _LABELS.format(
        id=sql.Identifier(LAYOUTS[feed][0].target),
        labels=sql.Identifier("raw", feed),
        table=table,
        told=sql.SQL(", ").join(map(sql.Identifier, told)),
        told_by_landed=told_by("landed"),
        told_by_offered=told_by("offered"),
        told_by_said=told_by("said"),
        first_known_at=sql.SQL(_FIRST_KNOWN_AT[feed]),
    )


INLINE_LABELS = sql.SQL(
    """
    insert into raw.transaction_labels (
        transaction_id, version, is_fraud, known_at, declared_known_at, provenance, source,
        delivery_id, delivery_seq
    )
    select
        landed.transaction_id,
        coalesce(newest.version, 0) + 1,
        landed.inline_is_fraud,
        case
            when %(is_history)s
                then least(landed.occurred_at + %(label_latency)s, %(known_at)s)
            else %(known_at)s
        end,
        landed.occurred_at + %(label_latency)s,
        %(label_provenance)s,
        %(source)s,
        %(delivery_id)s,
        %(delivery_seq)s
    from {table} as landed
    left join lateral (
        select labels.version, labels.is_fraud, labels.declared_known_at
        from raw.transaction_labels as labels
        where labels.transaction_id = landed.transaction_id
        order by labels.version desc
        limit 1
    ) as newest on true
    where
        landed.inline_is_fraud is not null
        and (
            newest.version is null
            or newest.is_fraud <> landed.inline_is_fraud
            or newest.declared_known_at is distinct from landed.occurred_at + %(label_latency)s
        )
    """
)
