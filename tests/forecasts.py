"""Publish nights of demand forecasts whose numbers a test chooses, without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import psycopg

DAYS = 28
#: A series: merchant, product and channel.
Series = tuple[str, str, str]

_RUN = """
    insert into decisions.runs (
        job, kind, window_start, window_end, requested_by, models, policy_version, policy_sha256,
        feature_view, code_version, lock_sha256, known_at_cutoff, rows_claimed, state, rows_scored,
        rows_degraded, rows_published, published_at
    )
    values (
        'forecast_demand', 'scheduled', %(night)s, %(decided)s, 'test', '{}', '1', 'x', 'demand@1',
        '1', 'x', %(decided)s, %(rows)s, 'published', %(rows)s, 0, %(rows)s, %(decided)s
    )
    returning run_id
"""
_FORECAST = """
    insert into decisions.demand_forecasts (
        demand_night_id, revision, run_id, version, merchant_id, product_id, channel, day_at,
        forecast_status, demand_class, method, expected_units, mean_units, low_units, median_units,
        high_units, is_degraded, feature_view, feature_sha256, model_version, policy_version,
        decided_at, processing_time_ms
    )
    values (
        concat_ws('/', %(merchant)s::text, %(product)s::text, %(channel)s::text, %(day)s::date), 0,
        %(run)s, 1, %(merchant)s, %(product)s, %(channel)s, %(night)s, 'ok', 'smooth', 'mean_28',
        %(sum)s, %(means)s, %(means)s, %(means)s, %(means)s, false, 'demand@1',
        sha256('x'), %(model)s, '1', %(decided)s, 0.1
    )
"""
#: The features of series-nights with a promotion of a week ahead, of the rows of a table.
PROMOTED = """
    insert into marts.feat_demand (
        demand_night_id, version, merchant_id, product_id, channel, day_at, known_at, delivery_seq,
        is_history, night_day, age_days, days_since_sale, observed_days_56, observed_days_364,
        is_stock_known, category_series_28, promotion_1_first, promotion_1_last
    )
    select
        demand_night_id, version, merchant_id, product_id, channel, day_at, day_at, 1,
        false, 1, 1, 1, 1, 1, false, 1, 3, 9
    from {table}
    where {condition}
"""


def midnight(day: date) -> datetime:
    """Return the begin of a UTC day."""
    return datetime.combine(day, time(), UTC)


def publish_night(
    connection: psycopg.Connection[Any],
    day: date,
    forecasts: Mapping[Series, float | Sequence[float]],
    *,
    model_version: str = "1",
) -> UUID:
    """Publish the forecasts of one night, decided two hours after its day; return the run.

    Args:
        connection: of a superuser.
        day: the day that closed.
        forecasts: by series the mean of each day ahead, or one mean for all of them.
        model_version: of the deciding model.
    """
    decided = midnight(day) + timedelta(days=1, hours=2)
    night = {"day": day, "night": midnight(day), "decided": decided, "model": model_version}
    row = connection.execute(_RUN, night | {"rows": len(forecasts)}).fetchone()
    assert row is not None
    for (merchant, product, channel), means in forecasts.items():
        values = [float(means)] * DAYS if isinstance(means, int | float) else list(means)
        series = {"merchant": merchant, "product": product, "channel": channel}
        connection.execute(
            _FORECAST, night | series | {"run": row[0], "means": values, "sum": sum(values)}
        )
    run_id: UUID = row[0]
    return run_id
