"""Build a run's table of segments that passes its suite, and the statements that spoil it."""

from __future__ import annotations

SCORED_SEGMENTS = """
create unlogged table scored.sample as
select
    'm' || n % 2 || '/C' || n || '/2026-11-20' as customer_night_id,
    n / 100 as chunk,
    gen_random_uuid() as run_id,
    1 as version,
    'm' || n % 2 as merchant_id,
    'C' || n as customer_id,
    timestamptz '2026-11-20 00:00+00' as day_at,
    'ok' as segment_status,
    's' || 1 + n / 2 % 4 as segment,
    'loyal, high value' as segment_name,
    (n % 97 / 100.0)::double precision as own_distance,
    's' || 1 + (n / 2 + 1) % 4 as runner_up,
    1.5::double precision as runner_up_distance,
    's' || 1 + n / 2 % 4 as nearest,
    0 as nights_off,
    's' || 1 + n / 2 % 4 as previous_segment,
    0 as previous_nights_off,
    '1' as previous_model_version,
    true as had_segment,
    null::text as move_reason,
    false as is_degraded,
    'customer_nights@1' as feature_view,
    sha256(n::text::bytea) as feature_sha256,
    '1' as model_version,
    '2026.11.1' as policy_version,
    timestamptz '2026-11-21 01:00+00' as decided_at,
    0.1::double precision as processing_time_ms
from generate_series(1, {rows}) as n
"""

SUITE = "decisions.customer_segments"
PLANTED = [
    (SUITE, "alter table {} drop runner_up_distance", "expect_columns"),
    (SUITE, "update {} set segment = 's9' where {n} = 1", "segment is s1 or"),
    (SUITE, "update {} set own_distance = 'NaN' where {n} = 1", "own_distance is"),
    (SUITE, "update {} set nights_off = 3 where {n} = 1", "nights_off lies"),
    (SUITE, "update {} set is_degraded = null where {n} = 1", "is_degraded has"),
    (SUITE, "update {} set own_distance = 0.5", "own_distance varies"),
    (
        SUITE,
        "update {} set segment = 's1', previous_segment = 's1' where {n} % 20 > 0",
        "segment is not s1",
    ),
]
WARNED = [
    # a fifth of a segment moves
    (
        SUITE,
        "update {} set previous_segment = 's2' where segment = 's1' and {n} % 5 = 0",
        "segment is s2",
    ),
    # the customers of a segment are the second choice of others only
    (
        SUITE,
        "update {} set segment = 's1', previous_segment = 's1' "
        "where segment = 's4' and merchant_id = 'm1'",
        "segment s4 has rows wherever runner_up names it",
    ),
]
