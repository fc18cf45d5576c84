"""Plans of a night, inserted as the job, the features and the discrepancies of a night stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

_FEATURES: dict[str, Any] = {
    "category": "tea",
    "department": "food",
    "known_at": None,
    "delivery_seq": 1,
    "is_history": False,
    "locations": ["north", "web"],
    "location_on_hand": [8.0, 12.0],
    "location_reserved": [0.0, 2.0],
    "channels": ["web"],
    "inbound_units": [5.0],
    "inbound_due": [2.0],
    "batch_units": [],
    "batch_expires": [],
    "night_day": 0,
    "counted_age_days": 3,
    "counted_places": 2,
    "uncounted_places": 0,
    "inbound_total": 5.0,
    "overdue_units": 0.0,
    "days_since_sale": 0,
    "units_28": 1.0,
    "units_364": 1.0,
    "value_share_above": 0.0,
    "unit_cost": 3.0,
    "unit_margin": 2.0,
    "lead_time_days": 7.0,
    "minimum_order": None,
    "pack_units": 6.0,
}
_PLAN: dict[str, Any] = {
    "revision": 0,
    "stock_status": "ok",
    "on_hand": 20.0,
    "reserved": 2.0,
    "buffered": 1.0,
    "available": 17.0,
    "inbound": 5.0,
    "expected_units": [1.0] * 28,
    "stock_class": "AX",
    "service_level": 0.98,
    "days_of_cover": 17.0,
    "run_out_probability": 0.25,
    "unpreventable_probability": 0.05,
    "expected_lost": 2.0,
    "period_demand": 7.0,
    "order_in_days": 0,
    "order_need": 5.0,
    "order_units": 6.0,
    "order_overshoot": 1.0,
    "saved_units": 1.5,
    "is_dead": False,
    "excess_units": 0.0,
    "expiring_units": 0.0,
    "transfer_from": [],
    "transfer_to": [],
    "transfer_units": [],
    "forecast_ids": ["demand/x/0"],
    "forecast_channels": ["web"],
    "channel_units": [1.0] * 28,
    "channel_scatter": [0.0, 0.0],
    "is_degraded": False,
    "feature_view": "stock@1",
    "feature_sha256": bytes(32),
    "model_version": "",
    "policy_version": "2026.12.2",
    "processing_time_ms": 0.1,
}
#: A product with stock and without a forecast of the night.
NO_FORECAST: dict[str, Any] = {
    **dict.fromkeys(
        (
            *("expected_units", "days_of_cover", "run_out_probability", "expected_lost"),
            *("unpreventable_probability", "period_demand", "order_in_days", "order_need"),
            *("order_units", "order_overshoot", "saved_units", "expiring_units"),
            *("transfer_from", "transfer_to", "transfer_units"),
        )
    ),
    **{
        name: []
        for name in ("forecast_ids", "forecast_channels", "channel_units", "channel_scatter")
    },
    "stock_status": "no_forecast",
    "is_degraded": True,
}


def an_order(units: float, *, overshoot: float = 0.0, **overrides: Any) -> dict[str, Any]:
    """Return the columns of a proposed order; 0 pieces are none."""
    return {
        "order_need": units - overshoot,
        "order_units": units,
        "order_overshoot": overshoot,
        **overrides,
    }


def insert(
    connection: psycopg.Connection[Any],
    run: UUID,
    night: datetime,
    products: Iterable[Mapping[str, Any]],
) -> None:
    """Insert the plan and the features of products on a night.

    Args:
        connection: of a superuser.
        run: the published run of the night.
        night: start of its UTC day.
        products: columns by name of both tables, merchant_id and product_id among them; the other
            columns have usual values.
    """
    plans = [{**_PLAN, "run_id": run, "decided_at": night, **row} for row in products]
    features = {
        (row["merchant_id"], row["product_id"]): {**_FEATURES, "known_at": night, **row}
        for row in plans
    }
    names = [*_PLAN, "run_id", "decided_at"]
    for table, columns, rows in (
        ("decisions.stock_plans", names, plans),
        ("marts.feat_stock", [*_FEATURES, "on_hand", "reserved"], features.values()),
    ):
        _insert(connection, table, columns, night, rows)


def _insert(
    connection: psycopg.Connection[Any],
    table: str,
    columns: list[str],
    night: datetime,
    rows: Iterable[Mapping[str, Any]],
) -> None:
    statement = sql.SQL(
        "insert into {table} (stock_night_id, version, merchant_id, product_id, day_at, {columns}) "
        "values (raw.part_of_id(%(merchant_id)s) || '/' || raw.part_of_id(%(product_id)s) || '/' "
        "|| (%(night)s at time zone 'UTC')::date, 1, %(merchant_id)s, %(product_id)s, %(night)s, "
        "{values}) on conflict do nothing"
    ).format(
        table=sql.Identifier(*table.split(".")),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(map(sql.Placeholder, columns)),
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, [{**row, "night": night} for row in rows])


def insert_discrepancy(
    connection: psycopg.Connection[Any], night: datetime, **columns: Any
) -> None:
    """Insert a discrepancy of a product on a night: a count of three pieces less than the book."""
    row = {"location": "web", "kind": "count_gap", "size": -3.0, "age_days": 0.5, **columns}
    connection.execute(
        "insert into marts.fct_stock_discrepancies (merchant_id, product_id, location, kind, size, "
        "appeared_at, day_at, age_days, stock_night_id, version) values (%(merchant_id)s, "
        "%(product_id)s, %(location)s, %(kind)s, %(size)s, %(night)s, %(night)s, %(age_days)s, "
        "raw.part_of_id(%(merchant_id)s) || '/' || raw.part_of_id(%(product_id)s) || '/' "
        "|| (%(night)s at time zone 'UTC')::date, 1)",
        {**row, "night": night},
    )
