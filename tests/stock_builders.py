"""Build raw rows of stock, purchase orders and promotions for tests: valid, and known at once."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from features.feeds import FEEDS
from tests.builders import NOON, insert_events

_numbers = itertools.count(1)


def a_stock_level(**overrides: Any) -> dict[str, Any]:
    """Return one version of a count: ten pieces in the location of the web, at noon."""
    usual = {"location": "web", "on_hand": 10, "counted_at": NOON}
    return _row("stock_levels", **{**usual, **overrides})


def a_stock_movement(**overrides: Any) -> dict[str, Any]:
    """Return one version of a movement: one piece is sold from the location of the web at noon."""
    usual = {"location": "web", "movement": "sale", "quantity": 1, "occurred_at": NOON}
    return _row("stock_movements", **{**usual, **overrides})


def a_purchase_order(**overrides: Any) -> dict[str, Any]:
    """Return one version of an open line: ten pieces, ordered at noon and expected in a week."""
    usual = {"destination": "web", "quantity": 10, "ordered_at": NOON}
    row = _row("purchase_orders", **{**usual, **overrides})
    row.setdefault("expected_at", row["ordered_at"] + timedelta(days=7))
    return row


def a_promotion(**overrides: Any) -> dict[str, Any]:
    """Return one version of a promotion: 8.00 USD on the web for a week from tomorrow on."""
    usual = {
        "channel": "web",
        "price_minor": 800,
        "currency_code": "USD",
        "announced_at": NOON,
        **overrides,
    }
    row = _row("promotions", **usual)
    row.setdefault("price_base_minor", row["price_minor"])
    row.setdefault("starts_on", row["announced_at"].date() + timedelta(days=1))
    row.setdefault("ends_on", row["starts_on"] + timedelta(days=6))
    return row


def insert_stock(db: Any, feed: str, rows: Sequence[dict[str, Any]]) -> int:
    """Admit rows of one feed as one delivery; return its place in the order of admission."""
    event = FEEDS[feed].event
    if event is None:
        raise TypeError(f"the rows of {feed} have no versions")
    return insert_events(db, feed, event.target, rows)


def _row(feed: str, **values: Any) -> dict[str, Any]:
    """Return a row of product p1 of merchant m1, in its first version, that is known at once."""
    declared = FEEDS[feed]
    event = declared.event
    row: dict[str, Any] = {
        declared.subject.target: f"{feed}{next(_numbers)}",
        "version": 1,
        "content_digest": b"-",
        "is_history": False,
        "merchant_id": "m1",
        "product_id": "p1",
        **values,
    }
    if event is not None:
        row.setdefault("known_at", row[event.target])
    return row
