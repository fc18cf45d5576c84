"""Build a run's table of stock plans that passes its suite, and statements that spoil it."""

from __future__ import annotations

SCORED_PLANS = """
create unlogged table scored.sample as
select
    'm' || n % 2 || '/P' || n || '/2026-11-20' as stock_night_id,
    n / 100 as chunk,
    gen_random_uuid() as run_id,
    1 as version,
    'm' || n % 2 as merchant_id,
    'P' || n as product_id,
    timestamptz '2026-11-20 00:00+00' as day_at,
    'ok' as stock_status,
    (n % 9)::double precision as on_hand,
    0::double precision as reserved,
    0::double precision as buffered,
    (n % 9)::double precision as available,
    0::double precision as inbound,
    array_fill((n % 5)::double precision, array[28]) as expected_units,
    (array['AX', 'BY', 'CZ'])[1 + n % 3] as stock_class,
    0.95::double precision as service_level,
    (n % 9)::double precision as days_of_cover,
    (n % 5 / 4.0)::double precision as run_out_probability,
    0::double precision as unpreventable_probability,
    (n % 5)::double precision as expected_lost,
    (n % 5 * 7)::double precision as period_demand,
    0 as order_in_days,
    (n % 5)::double precision as order_need,
    (n % 5)::double precision as order_units,
    0::double precision as order_overshoot,
    (n % 5)::double precision as saved_units,
    false as is_dead,
    0::double precision as excess_units,
    0::double precision as expiring_units,
    '{{}}'::text[] as transfer_from,
    '{{}}'::text[] as transfer_to,
    '{{}}'::double precision[] as transfer_units,
    array['demand/m/P/2026-11-20/0'] as forecast_ids,
    array['web'] as forecast_channels,
    array_fill((n % 5)::double precision, array[28]) as channel_units,
    array[0.4, 0.1]::double precision[] as channel_scatter,
    false as is_degraded,
    'stock@1' as feature_view,
    sha256(n::text::bytea) as feature_sha256,
    '' as model_version,
    '2026.12.2' as policy_version,
    timestamptz '2026-11-21 02:15+00' as decided_at,
    0.1::double precision as processing_time_ms
from generate_series(1, {rows}) as n
"""

SUITE = "decisions.stock_plans"
PLANTED = [
    (SUITE, "alter table {} drop order_units", "expect_columns"),
    (SUITE, "update {} set run_out_probability = 1.5 where {n} = 1", "run_out_probability lies"),
    (SUITE, "update {} set order_units = -1 where {n} = 1", "order_units is"),
    (SUITE, "update {} set expected_lost = 'NaN' where {n} = 1", "expected_lost is"),
    (SUITE, "update {} set expected_units[3] = null where {n} = 1", "expected_units lists 28"),
    (SUITE, "update {} set stock_class = 'AA' where {n} = 1", "stock_class is"),
    (SUITE, "update {} set is_degraded = null where {n} = 1", "is_degraded has"),
    # a column in another unit
    (SUITE, "update {} set stock_status = 'invalid_score' where {n} < 10", "stock_status is not"),
]
WARNED = [
    # a store that counts few of its products, and a night without its forecasts
    (SUITE, "update {} set stock_status = 'no_count' where {n} < 120", "stock_status is not"),
    (SUITE, "update {} set stock_status = 'no_forecast'", "stock_status is not"),
]
