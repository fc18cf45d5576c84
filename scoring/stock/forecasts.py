"""Build the SQL of the forecasts of a product's night, which a plan keeps as its evidence.

A plan reads this once and writes it into its ledger row with the ids of the forecasts, so a replay
needs no other table. The forecast of a channel is its newest revision that was published at the
claim of the plan's run, with the overrides of persons that were known then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa
from psycopg import sql

from scoring.models.dispersion import USUAL

#: The lists, with the types of their entries.
LISTS: Mapping[str, pa.DataType] = {
    "forecast_ids": pa.string(),
    "forecast_channels": pa.string(),
    "channel_units": pa.float64(),
    "channel_scatter": pa.float64(),
}
#: The tables of the demand side, by name: domains do not import each other.
_LEDGER = sql.Identifier("decisions", "demand_forecasts")
_OVERRIDDEN = sql.Identifier("decisions", "overridden_units")
_BESIDE = sql.SQL(
    """
    {table} as features
    cross join lateral (
        select
            coalesce(array_agg(newest.decision_id order by newest.channel), '{{}}')
                as forecast_ids,
            coalesce(array_agg(newest.channel order by newest.channel), '{{}}')
                as forecast_channels,
            coalesce(array_agg(newest.units order by newest.channel), '{{}}') as channel_units,
            coalesce(array_agg(newest.scatter order by newest.channel), '{{}}')
                as channel_scatter
        from (
            select distinct on (forecasts.channel)
                forecasts.channel,
                forecasts.is_degraded,
                'demand/' || forecasts.demand_night_id || '/' || forecasts.revision as decision_id,
                {overridden}(
                    forecasts.merchant_id, forecasts.product_id, forecasts.channel,
                    forecasts.day_at, forecasts.mean_units, {claimed_at}::timestamptz
                ) as units,
                array[
                    coalesce(forecasts.daily_scatter, {daily}),
                    coalesce(forecasts.level_scatter, {level})
                ] as scatter
            from {ledger} as forecasts
            inner join decisions.runs on runs.run_id = forecasts.run_id
            where
                forecasts.merchant_id = features.merchant_id
                and forecasts.product_id = features.product_id
                and forecasts.day_at = features.day_at
                and runs.published_at <= {claimed_at}::timestamptz
            order by forecasts.channel, forecasts.revision desc
        ) as newest
        where not newest.is_degraded
    ) as evidence
    """
)


def beside(table: sql.Composable, claimed_at: datetime) -> sql.Composable:
    """Return the SQL of feature rows, as `features`, with their forecasts, as `evidence`.

    Args:
        table: the feature rows.
        claimed_at: forecasts published later, and overrides made later, are ignored.
    """
    daily, level = USUAL
    return _BESIDE.format(
        table=table,
        ledger=_LEDGER,
        overridden=_OVERRIDDEN,
        claimed_at=sql.Literal(claimed_at),
        daily=sql.Literal(daily),
        level=sql.Literal(level),
    )
