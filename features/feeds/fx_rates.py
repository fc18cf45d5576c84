"""Exchange rates to the base currency: one rate for a currency and a day, corrected at times."""

from __future__ import annotations

from features.feeds.admissions import Facts
from features.feeds.columns import ColumnKind, column
from features.feeds.declarations import Feed
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
    admission=Facts(
        first_known_at="""
            landed.declared_known_at,
            (landed.rate_date at time zone 'UTC') + %(latency)s
        """,
    ),
    read_by=(TRANSACTION_SCORING, APPLICATION_SCORING),
)
