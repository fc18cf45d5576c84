"""A small world of plans: an ordinary merchant, one with many orders, and one of a hostile name."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import numpy as np
import psycopg

from tests.integration.merchants import stock_plans
from tests.integration.merchants.shop import NIGHT, published_run
from tests.integration.merchants.stock_plans import NO_FORECAST, an_order

DAY = timedelta(days=1)
#: Names that a careless query would confuse, or a terminal would obey.
HOSTILE = "shop' or '1'='1", "p/1%2F\x1b[2J\u202e{,}\"'"
ORDERS: tuple[dict[str, Any], ...] = (
    # 3.00 of margin for 18.00
    {"product_id": "usual", **an_order(6.0, overshoot=1.0)},
    # 3.00 for 9.00
    {"product_id": "best", **an_order(3.0)},
    {"product_id": "free", **an_order(2.0), "unit_cost": 0.0},
    {"product_id": "without margin", **an_order(1.0), "unit_margin": None},
    {"product_id": "without cost", **an_order(4.0), "unit_cost": None, "unit_margin": None},
    {"product_id": "none", **an_order(0.0)},
)
#: Logins belong to the cluster, which workers share.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
LOGINS = {"shop": f"merchant_shop_{_WORKER}", HOSTILE[0]: f"merchant_hostile_{_WORKER}"}


def fill(connection: psycopg.Connection[Any]) -> None:
    """Insert the plans of the night, with an older night, a revision and an empty newer night."""
    older = published_run(connection, "plan_stock", NIGHT - DAY)
    run = published_run(connection, "plan_stock", NIGHT)
    # newer are an empty night, and a night whose run has failed
    published_run(connection, "plan_stock", NIGHT + DAY, rows=0)
    failed = published_run(connection, "plan_stock", NIGHT + 2 * DAY)
    connection.execute(
        "update decisions.runs set state = 'failed', failure = 'x' where run_id = %s", (failed,)
    )
    gone = {"merchant_id": "shop", "product_id": "gone"}
    stock_plans.insert(connection, older, NIGHT - DAY, [gone])
    shop = [
        *ORDERS,
        {"product_id": "restated"},
        {"product_id": "restated", "revision": 1, "available": 99.0, **an_order(0.0)},
        {"product_id": "no forecast", **NO_FORECAST},
        {
            **{"product_id": "moved", "order_in_days": 3, **an_order(0.0)},
            **{"transfer_from": ["north", "south"], "transfer_to": ["web", "web"]},
            "transfer_units": [4.0, 1.0],
        },
        {
            **{"product_id": "idle", "is_dead": True, "excess_units": 20.0, "expiring_units": 2.5},
            **an_order(0.0),
            "expected_units": [float(day) for day in range(28)],
        },
    ]
    random = np.random.default_rng(7)
    big = [
        {
            "product_id": f"{number:02}",
            "unit_cost": float(cost),
            "unit_margin": float(margin),
            **an_order(float(units)),
        }
        for number, (cost, margin, units) in enumerate(
            zip(
                random.integers(0, 400, 60) / 100,
                random.integers(0, 300, 60) / 100,
                random.integers(0, 9, 60),
                strict=True,
            )
        )
    ]
    merchant, product = HOSTILE
    rows = [
        *(row | {"merchant_id": "shop"} for row in shop),
        *(row | {"merchant_id": "big"} for row in big),
        {"merchant_id": merchant, "product_id": product, "transfer_from": [product],
         "transfer_to": ["b"], "transfer_units": [1.0]},
    ]  # fmt: skip
    stock_plans.insert(connection, run, NIGHT, rows)
    for name, each, size in (("shop", "usual", -3.0), (merchant, product, 2.0)):
        stock_plans.insert_discrepancy(
            connection, NIGHT, merchant_id=name, product_id=each, size=size
        )
