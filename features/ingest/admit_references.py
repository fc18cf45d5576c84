"""The SQL that admits what is neither a row version nor a label: rates, protected attributes."""

from __future__ import annotations

from psycopg import sql

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

# Nobody but the fairness report reads them, so what stood before is not asked for: each delivery
# adds rows, and the newest delivery of an application holds.
ATTRIBUTES = sql.SQL(
    """
    with admitted as (
        insert into protected.applicant_attributes (
            application_id, delivery_seq, sex, age, marital_status, nationality, known_at, source,
            delivery_id
        )
        select
            application_id, %(delivery_seq)s, sex, age, marital_status, nationality, %(known_at)s,
            %(source)s, %(delivery_id)s
        from {table}
    )

    select count(*), %(known_at)s::timestamptz from {table}
    """
)
