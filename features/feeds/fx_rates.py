"""Exchange rates to the base currency: one rate for a currency and a day, corrected at times.

A rate needs no provenance: the newest declared statement about a day holds.
"""

from __future__ import annotations

from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed, Reference
from features.feeds.readers import APPLICATION_SCORING, TRANSACTION_SCORING

FX_RATES = Feed(
    name="fx_rates",
    table="raw.fx_rates",
    columns=(
        column("currency", ColumnKind.CURRENCY, "currency_code", required=True, key=True),
        column("rate_date", ColumnKind.DATE, required=True, key=True),
        column("rate", ColumnKind.RATE, required=True),
        column("known_at", ColumnKind.INSTANT, "declared_known_at"),
    ),
    admission=Reference(
        fresh="""
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
        """,
        insert="""
            insert into raw.fx_rates (
                currency_code, rate_date, version, rate, known_at, declared_known_at, source,
                delivery_id, delivery_seq
            )
            select
                currency_code, rate_date, version, rate, known_at, declared_known_at, %(source)s,
                %(delivery_id)s, %(delivery_seq)s
            from fresh
        """,
    ),
    read_by=(TRANSACTION_SCORING, APPLICATION_SCORING),
)
