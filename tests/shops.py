"""Write the sales of two shops, whose customers follow the models of value: history and live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from features.platform.arrays import Floats
from tests.value import LAST_DAY, random_purchases

DAY = timedelta(days=1)
#: The day of column 0 of the purchases.
BEGINNING = datetime(2025, 1, 6, tzinfo=UTC)
SOURCE = "shops"
LIVE_DAYS = (LAST_DAY - 1, LAST_DAY)
#: By shop, the number of customers and the seed; the small shop has too few for own parameters.
SHOPS = {"large": (320, 1), "small": (30, 3)}
COLUMNS = (
    *("merchant_id", "order_id", "line_no", "customer_id", "product_id", "category", "channel"),
    *("quantity", "unit_price", "currency", "occurred_at", "event", "is_merchandise"),
)
DESCRIPTION = f"""
description: The sales of two shops.
time_zone: null
decide_from: null
maturity_days: 7
provenance_rank: [chargeback]
feeds:
  sales:
    formats: [csv]
    columns: {{sale_line_id: {{columns: [merchant_id, order_id, line_no]}},
      {", ".join(f"{name}: {name}" for name in COLUMNS)}}}
    settle_seconds: 0
    latency: 0s
"""


def day(number: int) -> datetime:
    """Return the begin of a day."""
    return BEGINNING + number * DAY


def purchases() -> dict[str, Floats]:
    """Return the spend of each customer and day, by shop."""
    return {name: random_purchases(*drawn) for name, drawn in SHOPS.items()}


def history() -> bytes:
    """Return the file of all days before the live ones."""
    return _file(range(LIVE_DAYS[0]))


def live(number: int) -> bytes:
    """Return the file of one live day, with a guest and a line of postage."""
    guest = _line("large", f"guest-{number}", "", number, 9.5)
    postage = _line("large", f"post-{number}", "large-0", number, 4.0, is_merchandise="false")
    return _file([number], (guest, postage))


def _file(days: Iterable[int], more: Iterable[str] = ()) -> bytes:
    return "\n".join([",".join(COLUMNS), *_lines(set(days)), *more, ""]).encode()


def _lines(days: set[int]) -> Iterator[str]:
    for shop, spent in purchases().items():
        for customer, number in np.argwhere(spent > 0).tolist():
            if number in days:
                name = f"{shop}-{customer}"
                yield _line(shop, f"{name}-{number}", name, number, spent[customer, number])


def _line(
    shop: str, order: str, customer: str, number: int, price: float, is_merchandise: str = "true"
) -> str:
    at = (day(number) + timedelta(hours=11)).isoformat()
    return f"{shop},{order},1,{customer},p1,tea,web,1,{price:.2f},USD,{at},sale,{is_merchandise}"
