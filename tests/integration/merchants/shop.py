"""A small world of two shops: sales, card purchases elsewhere, and published nights.

`shop` has 120 customers in four segments and guests; `rival` has 40 customers of its own. Both sell
by card, and four grocers compete with them. The night of 31 March is published for all jobs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import psycopg

from features.build import build
from tests.builders import a_sale, a_transaction, insert_sales, insert_transactions
from tests.conftest import Db
from tests.integration.merchants import stock_plans

FIRST, NIGHT = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)
LIVE_FROM = NIGHT - timedelta(days=1)
DELIVERED = NIGHT + timedelta(days=1, hours=6)
SHARED = {"customer_ids_are_shared": 1}
CATEGORIES = np.array(["tea", "coffee", "cups", "gifts", None])
GROCERS = ("grocer1", "grocer2", "grocer3", "grocer4")
#: Customers of `shop` below these numbers are s1, s2 and s3; the others are s4.
BOUNDS = (60, 100, 112)
JOBS = (
    *("segment_customers", "value_customers", "forecast_spending", "forecast_demand"),
    "plan_stock",
)
#: Products with a plan: one runs out, two are idle, one has no forecast.
PRODUCTS: tuple[dict[str, Any], ...] = (
    {"product_id": "p1", "unpreventable_probability": 0.2, "transfer_from": ["north"],
     "transfer_to": ["web"], "transfer_units": [4.0]},
    {"product_id": "dead", "is_dead": True, "excess_units": 20.0, "days_since_sale": 120,
     **stock_plans.an_order(0)},
    {"product_id": "old", "expiring_units": 3.5, **stock_plans.an_order(0)},
    {"product_id": "new", **stock_plans.NO_FORECAST},
)  # fmt: skip

_RUN = """
    insert into decisions.runs (
        run_id, job, kind, window_start, window_end, requested_by, models, policy_version,
        policy_sha256, feature_view, code_version, lock_sha256, known_at_cutoff, rows_claimed,
        state, rows_scored, rows_degraded, rows_published, published_at
    )
    values (
        gen_random_uuid(), %(job)s, 'scheduled', %(night)s, %(night)s + interval '1 day', 'test',
        '{}', '1', 'x', 'customer_nights@1', '1', 'x', %(known)s, %(rows)s, 'published', %(rows)s,
        0, %(rows)s, now()
    )
    returning run_id
"""
_TAIL = "'customer_nights@1', decode(repeat('00', 32), 'hex'), '1', '1', now(), 0.1"
_SEGMENTS = f"""
    insert into decisions.customer_segments (
        customer_night_id, revision, run_id, version, merchant_id, customer_id, day_at,
        segment_status, segment, segment_name, own_distance, runner_up, runner_up_distance,
        nearest, nights_off, previous_segment, had_segment, move_reason, is_degraded,
        feature_view, feature_sha256, model_version, policy_version, decided_at, processing_time_ms
    )
    select
        customer_night_id || %(suffix)s, 0, %(run)s, 1, merchant_id, customer_id, %(night)s,
        case when segment is null then 'no_features' else 'ok' end, segment, 'name of ' || segment,
        0.5, 's4', 1.0, segment, 0, null, false, %(reason)s, segment is null, {_TAIL}
    from (
        select
            nights.*,
            case
                when merchant_id = 'rival' then 's1'
                when number = 0 then null
                when (number + %(shift)s) %% 120 < 60 then 's1'
                when (number + %(shift)s) %% 120 < 100 then 's2'
                when (number + %(shift)s) %% 120 < 112 then 's3'
                else 's4'
            end as segment
        from (
            select *, substr(customer_id, 2)::integer as number
            from raw.customer_nights
            where day_at = %(live)s
        ) as nights
    ) as nights
"""
_VALUES = f"""
    insert into decisions.customer_values (
        customer_night_id, revision, run_id, version, merchant_id, customer_id, day_at,
        purchases_status, expected_purchases_30d, expected_purchases_90d, spend_status,
        expected_spend_30d, expected_spend_90d, activity_status, p_active, value_method,
        is_degraded, feature_view, feature_sha256, model_version, policy_version, decided_at,
        processing_time_ms
    )
    select
        customer_night_id, 0, %(run)s, 1, merchant_id, customer_id, day_at, 'ok', 1.5, 4.0, 'ok',
        30.0, 80.0, 'ok', 0.8, 'mbg_nbd', false, {_TAIL}
    from raw.customer_nights
    where day_at = %(live)s
"""
_FORECASTS = f"""
    insert into decisions.spending_forecasts (
        card_customer_night_id, revision, run_id, version, customer_id, day_at, month_status,
        spend_30d, spend_30d_low, spend_30d_high, quarter_status, spend_90d, spend_90d_low,
        spend_90d_high, category_spend_30d, is_degraded, feature_view, feature_sha256,
        model_version, policy_version, decided_at, processing_time_ms
    )
    select
        card_customer_night_id, 0, %(run)s, 1, customer_id, day_at, 'ok', 100, 80, 120, 'ok', 300,
        250, 350, '{{"groceries": 60}}', false, {_TAIL}
    from raw.card_customer_nights
    where day_at = %(live)s
"""
_DEMAND = f"""
    insert into decisions.demand_forecasts (
        demand_night_id, revision, run_id, version, merchant_id, product_id, channel, day_at,
        forecast_status, demand_class, method, expected_units, mean_units, low_units, median_units,
        high_units, is_degraded, feature_view, feature_sha256, model_version, policy_version,
        decided_at, processing_time_ms
    )
    select
        demand_night_id || %(suffix)s, 0, %(run)s, 1, merchant_id, product_id, channel, %(night)s,
        'ok', 'smooth', 'mean_28', 56.0, array_fill(2.0::float8, array[28]),
        array_fill(0.0::float8, array[28]), array_fill(1.0::float8, array[28]),
        array_fill(4.0::float8, array[28]), false, {_TAIL}
    from raw.demand_nights
    where day_at = %(live)s
"""
_OVERRIDES = """
    insert into decisions.forecast_overrides (
        merchant_id, product_id, first_day, last_day, factor, person, reason
    )
    select
        merchant_id, min(product_id), %(night)s::date + 1, %(night)s::date + 7, 2, 'Ann', 'a fair'
    from raw.demand_nights
    where day_at = %(night)s
    group by merchant_id
"""

#: `tea` can tell everything, `cups` nothing.
_PRICES = """
    with estimations as (
        select
            gen_random_uuid() as estimation_id,
            merchants.merchant_id,
            moments.as_of,
            moments.elasticity
        from (values ('shop'), ('rival')) as merchants (merchant_id)
        cross join (
            values (%(night)s, -1.5), (%(night)s - interval '7 days', -1.0)
        ) as moments (as_of, elasticity)
    )

    insert into decisions.price_estimates (
        estimation_id, merchant_id, category, as_of, first_day, last_day, products,
        elasticity_status, elasticity, elasticity_low, elasticity_high, own_elasticity,
        own_elasticity_low, own_elasticity_high, moved_products, uplift_status, gross_uplift,
        gross_uplift_low, gross_uplift_high, pull_forward, pull_forward_low, pull_forward_high,
        net_status, cannibalisation, cannibalisation_low, cannibalisation_high, net_uplift,
        net_uplift_low, net_uplift_high, base_units, promoted_products, data_sha256, code_version
    )
    select
        estimation_id, merchant_id, 'tea', as_of, date '2026-01-01', date '2026-03-31', 9,
        'ok', elasticity, elasticity - 0.5, elasticity + 0.5, elasticity,
        elasticity - 0.8, elasticity + 0.8, 6, 'ok', 1.0, 0.7, 1.3, 0.1, 0.0, 0.2,
        'ok', 0.3, 0.1, 0.5, 0.6, 0.2, 1.0, 400, 5, decode(repeat('00', 32), 'hex'), '1'
    from estimations
    union all
    select
        estimation_id, merchant_id, 'cups', as_of, date '2026-01-01', date '2026-03-31', 3,
        'few_price_moves', null, null, null, null, null, null, 1, 'few_promotions',
        null, null, null, null, null, null, 'few_promotions', null, null, null, null, null, null,
        0, 0, decode(repeat('00', 32), 'hex'), '1'
    from estimations
"""


def fill(db: Db) -> None:
    """Admit the sales and card purchases, publish the night, and build the views."""
    generator = np.random.default_rng(5)
    sales = [
        *_sales(generator, "shop", [f"c{number}" for number in range(120)]),
        *_sales(generator, "rival", [f"r{number}" for number in range(40)]),
    ]
    cards = _card_purchases(generator)
    for is_history in (True, False):
        insert_sales(db, _delivered(sales, is_history=is_history))
        insert_transactions(db, _delivered(cards, is_history=is_history))
    with db.superuser() as connection:
        runs = {job: published_run(connection, job, NIGHT) for job in JOBS}
        earlier = NIGHT - timedelta(days=30)
        for night, suffix, shift, reason in ((NIGHT, "", 0, "ageing"), (earlier, "-", 6, "new")):
            connection.execute(
                _SEGMENTS.encode(),
                {"run": runs["segment_customers"], "live": NIGHT, "night": night,
                 "suffix": suffix, "shift": shift, "reason": reason},
            )  # fmt: skip
        for night, suffix in ((NIGHT, ""), (NIGHT - timedelta(days=1), "--"), (earlier, "-")):
            connection.execute(
                _DEMAND.encode(),
                {"run": runs["forecast_demand"], "live": NIGHT, "night": night, "suffix": suffix},
            )
        connection.execute(_PRICES.encode(), {"night": NIGHT})
        connection.execute(_OVERRIDES.encode(), {"night": NIGHT})
        connection.execute(_VALUES.encode(), {"run": runs["value_customers"], "live": NIGHT})
        connection.execute(_FORECASTS.encode(), {"run": runs["forecast_spending"], "live": NIGHT})
        stock_plans.insert(
            connection,
            runs["plan_stock"],
            NIGHT,
            [row | {"merchant_id": name} for name in ("shop", "rival") for row in PRODUCTS],
        )
        for merchant in ("shop", "rival"):
            stock_plans.insert_discrepancy(connection, NIGHT, merchant_id=merchant, product_id="p1")
    for selector in ("customer_features", "card_customer_features", "demand_features", "serving"):
        build(selector, db.settings.warehouse, db.settings.work, SHARED)


def published_run(
    connection: psycopg.Connection[Any], job: str, night: datetime, *, rows: int = 1
) -> UUID:
    """Insert the published run of a night, and return its id."""
    known = night + (DELIVERED - NIGHT)
    row = connection.execute(
        _RUN, {"job": job, "night": night, "known": known, "rows": rows}
    ).fetchone()
    assert row is not None
    run: UUID = row[0]
    return run


def _sales(generator: np.random.Generator, shop: str, customers: list[str]) -> list[dict[str, Any]]:
    """Return lines of orders over 90 days: a tenth of them by guests, some of them returned."""
    rows = []
    for customer in customers:
        for _ in range(int(generator.integers(2, 9))):
            moment = FIRST + timedelta(minutes=int(generator.integers(0, 90 * 1440)))
            for _ in range(int(generator.integers(1, 4))):
                rows.append(
                    a_sale(
                        merchant_id=shop,
                        customer_id=None if generator.random() < 0.1 else customer,
                        occurred_at=moment,
                        category=generator.choice(CATEGORIES, p=[0.4, 0.2, 0.2, 0.1, 0.1]),
                        quantity=int(generator.integers(1, 5)),
                        unit_price_minor=int(generator.integers(99, 2500)),
                        event="return" if generator.random() < 0.08 else "sale",
                        is_merchandise=generator.random() > 0.05,
                    )
                )
        rows.append(a_sale(merchant_id=shop, customer_id=customer, occurred_at=FIRST))
    return rows


def _card_purchases(generator: np.random.Generator) -> list[dict[str, Any]]:
    """Return card purchases of February and March, at the shops and at their competitors."""
    rows = []
    places = (*GROCERS, "shop", "shop", "rival")
    for number in range(200):
        for _ in range(int(generator.integers(6, 14))):
            minutes = int(generator.integers(0, 59 * 1440))
            rows.append(
                a_transaction(
                    customer_id=f"c{number}" if number < 160 else f"r{number - 160}",
                    merchant_id=str(generator.choice(places)),
                    transaction_category=str(generator.choice(["groceries", "fashion", "fuel"])),
                    occurred_at=FIRST + timedelta(days=31, minutes=minutes),
                    amount_minor=int(generator.integers(300, 9000)),
                )
            )
    return rows


def _delivered(rows: list[dict[str, Any]], *, is_history: bool) -> list[dict[str, Any]]:
    """Return the rows of one delivery: the history, or the last two days."""
    return [
        row
        | {"is_history": is_history, "known_at": row["occurred_at"] if is_history else DELIVERED}
        for row in rows
        if (row["occurred_at"] < LIVE_FROM) == is_history
    ]
