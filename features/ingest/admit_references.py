"""Admit reference rows by SQL: exchange rates and protected attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql


@dataclass(frozen=True, slots=True)
class Reference:
    """The SQL statements that admit a feed.

    Attributes:
        fresh: creates `fresh` from a landed table.
        insert: moves `fresh` into the raw table.
    """

    fresh: sql.SQL
    insert: str


_RATES = Reference(
    sql.SQL(
        """
        create temporary table fresh on commit drop as
        with offered as (
            select
                landed.*,
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

        judged as (
            select
                offered.*,
                coalesce(latest.version, 0) + 1 as version,
                {is_outdated} as is_outdated
            from offered
            left join lateral (
                select rates.*, max(rates.declared_known_at) over () as newest_declared
                from raw.fx_rates as rates
                where
                    rates.currency_code = offered.currency_code
                    and rates.rate_date = offered.rate_date
                order by rates.version desc
                limit 1
            ) as latest on true
            where
                latest.rate is distinct from offered.rate
                or offered.declared_known_at <> latest.declared_known_at
                or (offered.declared_known_at is not null and latest.declared_known_at is null)
        )

        select judged.*
        from judged
        where not judged.is_outdated or not exists (
            select
            from raw.fx_rates as rates
            where
                rates.currency_code = judged.currency_code
                and rates.rate_date = judged.rate_date
                and rates.rate = judged.rate
                and rates.declared_known_at is not distinct from judged.declared_known_at
        )
        """
    ),
    """
    insert into raw.fx_rates (
        currency_code, rate_date, version, rate, known_at, declared_known_at, source, delivery_id,
        delivery_seq
    )
    select
        currency_code, rate_date, version, rate, known_at, declared_known_at, %(source)s,
        %(delivery_id)s, %(delivery_seq)s
    from fresh
    """,
)

# Each delivery adds rows, and the newest delivery of an application is valid. Only the fairness
# report reads them. The statement compares no content, only whether a newer delivery has rows.
_ATTRIBUTES = Reference(
    sql.SQL(
        """
        create temporary table fresh on commit drop as
        select
            landed.*,
            %(known_at)s::timestamptz as known_at,
            exists (
                select
                from protected.applicant_attributes as attributes
                where
                    attributes.application_id = landed.application_id
                    and attributes.delivery_seq = any(%(newer)s::bigint[])
            ) as is_outdated
        from {table} as landed
        """
    ),
    """
    insert into protected.applicant_attributes (
        application_id, delivery_seq, sex, age, marital_status, nationality, known_at, source,
        delivery_id
    )
    select
        application_id, %(delivery_seq)s, sex, age, marital_status, nationality, known_at,
        %(source)s, %(delivery_id)s
    from fresh
    """,
)

REFERENCES: Mapping[str, Reference] = {"fx_rates": _RATES, "applicant_attributes": _ATTRIBUTES}
