"""Build a run's table of demand forecasts that passes its suite, and statements that spoil it."""

from __future__ import annotations

SCORED_DEMAND = """
create unlogged table scored.sample as
select
    'm' || n % 2 || '/P' || n || '/web/2026-11-20' as demand_night_id,
    n / 100 as chunk,
    gen_random_uuid() as run_id,
    1 as version,
    'm' || n % 2 as merchant_id,
    'P' || n as product_id,
    'web' as channel,
    timestamptz '2026-11-20 00:00+00' as day_at,
    'ok' as forecast_status,
    (array['smooth', 'erratic', 'intermittent', 'lumpy', 'new'])[1 + n % 5] as demand_class,
    'boosting' as method,
    28 * (n % 9)::double precision as expected_units,
    array_fill((n % 9)::double precision, array[28]) as mean_units,
    array_fill(0.0::double precision, array[28]) as low_units,
    array_fill((n % 9)::double precision, array[28]) as median_units,
    array_fill((n % 9 + 3)::double precision, array[28]) as high_units,
    0.4::double precision as daily_scatter,
    0.1::double precision as level_scatter,
    false as is_degraded,
    'demand@1' as feature_view,
    sha256(n::text::bytea) as feature_sha256,
    '1' as model_version,
    '2026.11.1' as policy_version,
    timestamptz '2026-11-21 02:00+00' as decided_at,
    0.1::double precision as processing_time_ms
from generate_series(1, {rows}) as n
"""

SUITE = "decisions.demand_forecasts"
PLANTED = [
    (SUITE, "alter table {} drop high_units", "expect_columns"),
    (SUITE, "update {} set mean_units[7] = -1 where {n} = 1", "mean_units lists 28"),
    (SUITE, "update {} set low_units[1] = 'NaN' where {n} = 1", "low_units lists 28"),
    (SUITE, "update {} set high_units[28] = 'Infinity' where {n} = 1", "high_units lists 28"),
    (SUITE, "update {} set median_units[5] = null where {n} = 1", "median_units lists 28"),
    (SUITE, "update {} set median_units = median_units[2:28] where {n} = 1", "median_units lists"),
    (SUITE, "update {} set expected_units = -1 where {n} = 1", "expected_units is"),
    (SUITE, "update {} set demand_class = 'even' where {n} = 1", "demand_class is"),
    (SUITE, "update {} set method = null where {n} = 1", "method has"),
]
WARNED = [
    # a season is over, and nothing sells: the same forecast for all is no broken model
    (SUITE, "update {} set expected_units = 0", "expected_units varies"),
]

#: The forecasts of the night before: those of the first {moved} series were {factor} times as high.
EARLIER = """
delete from decisions.demand_forecasts;
insert into decisions.demand_forecasts (
    demand_night_id, revision, run_id, version, merchant_id, product_id, channel, day_at,
    forecast_status, demand_class, method, expected_units, mean_units, low_units, median_units,
    high_units, is_degraded, feature_view, feature_sha256, model_version, policy_version,
    decided_at, processing_time_ms
)
select
    demand_night_id || '-', 0, run_id, version, merchant_id, product_id, channel,
    day_at - interval '24 hours', 'ok', demand_class, method, factor * expected_units,
    array_fill(factor * mean_units[1], array[28]), low_units,
    array_fill(0.0::double precision, array[28]), array_fill(0.0::double precision, array[28]),
    false, feature_view, feature_sha256, model_version, policy_version, decided_at,
    processing_time_ms
from scored.sample
cross join lateral (
    select case when substr(product_id, 2)::int <= {moved} then {factor} else 1 end
        ::double precision as factor
) as factors
"""
