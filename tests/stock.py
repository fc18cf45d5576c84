"""Make the rows of products that a stock plan reads, for the tests of plans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from features.platform.lists import SEPARATOR
from features.views import STOCK
from scoring.stock import forecasts
from scoring.stock.inputs import INPUT_TYPES, LISTS

#: Sunday, 2026-11-01.
NIGHT = 20_758
DAYS = 28


@dataclass(frozen=True)
class FakeRun:
    """The part of a run that a decider reads."""

    run_id: str = "r"
    feature_view: str = STOCK.qualified
    policy_version: str = "2026.12.2"
    policy_sha256: str | None = None
    models: dict[str, dict[str, str]] = field(default_factory=dict)


def a_product(product: str = "p", **changed: Any) -> dict[str, Any]:
    """Return the columns of a product with 40 pieces in a shop that sells 2 a day.

    Lists are Python lists; `a_table` writes them as the query does.
    """
    return {
        "stock_night_id": f"m/{product}/2026-11-01",
        "version": 1,
        "merchant_id": "m",
        "product_id": product,
        "day_at": 1_793_491_200_000_000,
        "order_days": "mon thu",
        "revision": 0,
        "feature_sha256": "ab" * 32,
        "night_day": float(NIGHT),
        "on_hand": 40.0,
        "reserved": 0.0,
        "counted_age_days": 3.0,
        "counted_places": 1.0,
        "uncounted_places": 0.0,
        "inbound_total": 0.0,
        "overdue_units": 0.0,
        "days_since_sale": 0.0,
        "age_days": 400.0,
        "units_28": 2.0,
        "units_364": 2.0,
        "weekly_variation": 0.3,
        "value_364": 1000.0,
        "value_share_above": 0.5,
        "unit_cost": 3.0,
        "unit_margin": 2.0,
        "unit_price": 5.0,
        "lead_time_days": 5.0,
        "lead_time_sd_days": 1.0,
        "minimum_order": 6.0,
        "pack_units": 6.0,
        "shelf_life_days": None,
        "locations": ["shop"],
        "location_on_hand": [40.0],
        "location_reserved": [0.0],
        "channels": ["shop"],
        "inbound_units": [],
        "inbound_due": [],
        "batch_units": [],
        "batch_expires": [],
        "forecast_ids": [f"demand/m/{product}/shop/2026-11-01/0"],
        "forecast_channels": ["shop"],
        "channel_units": [2.0] * DAYS,
        "channel_scatter": [0.4, 0.1],
        **changed,
    }


def a_table(products: Iterable[dict[str, Any]]) -> pa.Table:
    """Return products as the rows that the query of a run returns."""
    rows = list(products)
    are_lists = {*LISTS, *forecasts.LISTS}
    return pa.table(
        {
            name: pa.array(
                [_text(row[name]) if name in are_lists else row[name] for row in rows], kind
            )
            for name, kind in INPUT_TYPES.items()
        }
    )


def _text(entries: Sequence[object]) -> str:
    return "".join(f"{SEPARATOR}{entry}" for entry in entries)
