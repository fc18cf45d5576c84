"""Build a run's table of spending forecasts that passes its suite, and statements to spoil it."""

from __future__ import annotations

SCORED_SPENDING = """
create unlogged table scored.sample as
select
    'C' || n || '/2026-11-20' as card_customer_night_id,
    n / 100 as chunk,
    gen_random_uuid() as run_id,
    1 as version,
    'C' || n as customer_id,
    timestamptz '2026-11-20 00:00+00' as day_at,
    'ok' as month_status,
    (n % 9 * 10.0)::double precision as spend_30d,
    (n % 9 * 5.0)::double precision as spend_30d_low,
    (n % 9 * 20.0)::double precision as spend_30d_high,
    'ok' as quarter_status,
    (n % 9 * 30.0)::double precision as spend_90d,
    (n % 9 * 15.0)::double precision as spend_90d_low,
    (n % 9 * 60.0)::double precision as spend_90d_high,
    null::jsonb as category_spend_30d,
    false as is_degraded,
    'customers@1' as feature_view,
    sha256(n::text::bytea) as feature_sha256,
    '1' as model_version,
    '2026.11.1' as policy_version,
    timestamptz '2026-11-21 01:45+00' as decided_at,
    0.1::double precision as processing_time_ms
from generate_series(1, {rows}) as n
"""

SUITE = "decisions.customers"
PLANTED = [
    (SUITE, "alter table {} drop category_spend_30d", "expect_columns"),
    (SUITE, "update {} set spend_30d_low = -1 where {n} = 1", "spend_30d_low is"),
    (SUITE, "update {} set spend_90d = 'NaN' where {n} = 1", "spend_90d is"),
    (SUITE, "update {} set spend_30d = 7", "spend_30d varies"),
]
