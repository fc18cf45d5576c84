"""Build a run's table of customer values that passes its suite, and statements that spoil it."""

from __future__ import annotations

SCORED_VALUES = """
create unlogged table scored.sample as
select
    'm' || n % 2 || '/C' || n || '/2026-11-20' as customer_night_id,
    n / 100 as chunk,
    gen_random_uuid() as run_id,
    1 as version,
    'm' || n % 2 as merchant_id,
    'C' || n as customer_id,
    timestamptz '2026-11-20 00:00+00' as day_at,
    'ok' as purchases_status,
    (n % 9 / 10.0)::double precision as expected_purchases_30d,
    (n % 9 / 4.0)::double precision as expected_purchases_90d,
    'ok' as spend_status,
    (n % 9 * 10.0)::double precision as expected_spend_30d,
    (n % 9 * 25.0)::double precision as expected_spend_90d,
    'ok' as activity_status,
    (n % 97 / 100.0)::double precision as p_active,
    'mbg_nbd' as value_method,
    false as is_degraded,
    'customer_nights@1' as feature_view,
    sha256(n::text::bytea) as feature_sha256,
    '1' as model_version,
    '2026.11.1' as policy_version,
    timestamptz '2026-11-21 01:30+00' as decided_at,
    0.1::double precision as processing_time_ms
from generate_series(1, {rows}) as n
"""

SUITE = "decisions.customer_values"
PLANTED = [
    (SUITE, "alter table {} drop expected_spend_90d", "expect_columns"),
    (SUITE, "update {} set p_active = 1.01 where {n} = 1", "p_active lies"),
    (SUITE, "update {} set expected_purchases_30d = 31 where {n} = 1", "purchases_30d lies"),
    (SUITE, "update {} set expected_spend_90d = 'NaN' where {n} = 1", "spend_90d is"),
    (SUITE, "update {} set value_method = 'magic' where {n} = 1", "value_method is"),
    (SUITE, "update {} set value_method = null where {n} = 1", "value_method has"),
    (SUITE, "update {} set expected_purchases_90d = 1", "expected_purchases_90d varies"),
]
WARNED = [
    # no customer has stopped: the same probability for all is no broken model
    (SUITE, "update {} set p_active = 1 - {n} * 1e-9", "p_active varies"),
]
