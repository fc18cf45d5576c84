"""Build deliveries of stock, movements, purchase orders and promotions that pass their suites."""

from __future__ import annotations

LANDED_PROMOTIONS = """
create unlogged table landed.sample as
select
    'D' || n as promotion_id,
    n::bigint as row_number,
    'M1' as merchant_id,
    'P' || n as product_id,
    null::text as channel,
    (500 + n * 37 % 1000)::bigint as price_minor,
    'USD' as currency_code,
    date '2026-12-01' as starts_on,
    date '2026-12-07' as ends_on,
    timestamptz '2026-11-20 10:00+00' as announced_at
from generate_series(1, {rows}) as n
"""

LANDED_ORDERS = """
create unlogged table landed.sample as
select
    'O' || n as purchase_order_id,
    n::bigint as row_number,
    'M1' as merchant_id,
    'P' || n as product_id,
    'warehouse' as destination,
    (n % 48 + 1)::numeric(15, 6) as quantity,
    timestamptz '2026-11-20 10:00+00' as ordered_at,
    timestamptz '2027-01-10 10:00+00' as expected_at,
    null::timestamptz as received_at
from generate_series(1, {rows}) as n
"""

LANDED_MOVEMENTS = """
create unlogged table landed.sample as
select
    'V' || n as stock_movement_id,
    n::bigint as row_number,
    'M1' as merchant_id,
    'P' || n as product_id,
    'warehouse' as location,
    case n % 3 when 0 then 'receipt' when 1 then 'sale' else 'transfer' end as movement,
    (n % 9 + 1)::numeric(15, 6) as quantity,
    case n % 3 when 2 then 'store' end as to_location,
    timestamptz '2026-11-20 10:00+00' as occurred_at
from generate_series(1, {rows}) as n
"""

LANDED_LEVELS = """
create unlogged table landed.sample as
select
    'L' || n as stock_level_id,
    n::bigint as row_number,
    'M1' as merchant_id,
    'P' || n as product_id,
    'store' as location,
    (n % 9)::numeric(15, 6) as on_hand,
    null::numeric(15, 6) as reserved,
    null::date as expires_on,
    timestamptz '2026-11-20 10:00+00' as counted_at
from generate_series(1, {rows}) as n
"""

_ONE = "update {{}} set {} = {} where {{n}} = 1"

# suite, column, another value, words of the expectation that must break; what derives from every
# declaration alike is broken in the tables of other feeds
_VALUES = (
    ("raw.promotions", "price_minor", "-1", "lies"),
    ("raw.promotions", "ends_on", "'9999-12-31'", "lies"),
    ("raw.purchase_orders", "quantity", "-1", "lies"),
    ("raw.purchase_orders", "expected_at", "'9999-12-31'", "lies"),
    ("raw.stock_movements", "movement", "'adjustment'", "is receipt or sale"),
    ("raw.stock_movements", "quantity", "'NaN'", "lies"),
    ("raw.stock_levels", "on_hand", "-1", "lies"),
    ("raw.stock_levels", "reserved", "-1", "lies"),
)

# suite, statement that spoils its table, the expectation that must break
PLANTED = [
    (suite, _ONE.format(name, value), f"{name} {words}") for suite, name, value, words in _VALUES
]
WARNED = [
    ("raw.promotions", "update {} set price_minor = 500", "price_minor varies"),
    ("raw.stock_levels", "update {} set on_hand = 0", "on_hand is not 0"),
]
