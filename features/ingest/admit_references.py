"""The SQL that admits labels and exchange rates."""

from __future__ import annotations

from psycopg import sql

# A label is compared with the newest of the same provenance, so that two sources that disagree do
# not correct each other for ever. Within a delivery the best provenance gets the highest version.
LABELS = sql.SQL(
    """
    with offered as (
        select
            landed.transaction_id,
            landed.is_fraud,
            landed.provenance,
            landed.declared_known_at,
            case
                when %(is_history)s then least(
                    coalesce(
                        landed.declared_known_at,
                        (
                            select transactions.occurred_at + %(latency)s
                            from raw.transaction_versions as transactions
                            where transactions.transaction_id = landed.transaction_id
                            order by transactions.version desc
                            limit 1
                        ),
                        %(known_at)s
                    ),
                    %(known_at)s
                )
                else %(known_at)s
            end as known_at
        from {table} as landed
    ),

    admitted as (
        insert into raw.transaction_labels (
            transaction_id, version, is_fraud, known_at, declared_known_at, provenance, source,
            delivery_id, delivery_seq
        )
        select
            offered.transaction_id,
            coalesce(versions.newest, 0) + row_number() over (
                partition by offered.transaction_id
                order by
                    offered.known_at,
                    array_position(%(provenance_rank)s::text[], offered.provenance) desc
            ),
            offered.is_fraud,
            offered.known_at,
            offered.declared_known_at,
            offered.provenance,
            %(source)s,
            %(delivery_id)s,
            %(delivery_seq)s
        from offered
        left join lateral (
            select labels.version as newest
            from raw.transaction_labels as labels
            where labels.transaction_id = offered.transaction_id
            order by labels.version desc
            limit 1
        ) as versions on true
        left join lateral (
            select labels.transaction_id, labels.is_fraud, labels.declared_known_at
            from raw.transaction_labels as labels
            where
                labels.transaction_id = offered.transaction_id
                and labels.provenance = offered.provenance
            order by labels.version desc
            limit 1
        ) as said on true
        where
            said.transaction_id is null
            or said.is_fraud <> offered.is_fraud
            or said.declared_known_at is distinct from offered.declared_known_at
        returning known_at
    )

    select count(*), max(known_at) from admitted
    """
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

RATES = sql.SQL(
    """
    with offered as (
        select
            landed.currency_code,
            landed.rate_date,
            landed.rate,
            case
                when %(is_history)s then least(
                    coalesce(
                        landed.declared_known_at,
                        (landed.rate_date at time zone 'UTC') + %(latency)s
                    ),
                    %(known_at)s
                )
                else %(known_at)s
            end as known_at
        from {table} as landed
    ),

    admitted as (
        insert into raw.fx_rates (
            currency_code, rate_date, version, rate, known_at, source, delivery_id, delivery_seq
        )
        select
            offered.currency_code,
            offered.rate_date,
            coalesce(newest.version, 0) + 1,
            offered.rate,
            offered.known_at,
            %(source)s,
            %(delivery_id)s,
            %(delivery_seq)s
        from offered
        left join lateral (
            select rates.version, rates.rate
            from raw.fx_rates as rates
            where
                rates.currency_code = offered.currency_code
                and rates.rate_date = offered.rate_date
            order by rates.version desc
            limit 1
        ) as newest on true
        where newest.rate is distinct from offered.rate
        returning known_at
    )

    select count(*), max(known_at) from admitted
    """
)
