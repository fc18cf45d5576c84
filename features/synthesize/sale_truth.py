"""Write the truth of sales beside the landing area, for measurements.

No feed has these columns, and the files lie outside the landing area, as the truth of frauds does.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.synthesize import identifiers, promotions
from features.synthesize.calendar import DAY_MS, epoch_ms
from features.synthesize.feed_shapes import SOURCE
from features.synthesize.orders import Event, Lines, Seller
from features.synthesize.sale_cards import payments
from features.synthesize.sale_files import documents, order_ids
from features.synthesize.shoppers import TYPES, tastes

ORDERS = f"truth/{SOURCE}/orders.parquet"
SHOPPERS = f"truth/{SOURCE}/shoppers.parquet"
PROMOTIONS = f"truth/{SOURCE}/promotions.parquet"
TYPES_FILE = f"truth/{SOURCE}/shopper_types.parquet"
RHYTHM = f"truth/{SOURCE}/rhythm.parquet"
_ORDERS = pa.schema([
    ("order_id", pa.string()),
    ("of_order", pa.string()),
    ("merchant_id", pa.string()),
    ("event", pa.string()),
    ("occurred_at", pa.timestamp("ms", "UTC")),
    ("customer_id", pa.string()),
    ("is_named", pa.bool_()),
    ("amount_minor", pa.int64()),
    ("is_paid_by_our_card", pa.bool_()),
])  # fmt: skip


class OrdersFile:
    """A Parquet file of one row per order and event, guests with their customer too."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer = pq.ParquetWriter(path, _ORDERS, compression="zstd")

    def write(self, seller: Seller, lines: Lines, merchant_id: str) -> None:
        """Append the events of one merchant."""
        first, cents = payments(lines)
        paid = lines.take(first)
        customer = seller.shoppers.customer[paid.buyer]
        has_card = (customer < seller.plan.customers) & (paid.at >= epoch_ms(seller.plan.start))
        columns = [
            documents(seller.number, paid),
            order_ids(seller.number, paid),
            pa.repeat(pa.scalar(merchant_id, pa.string()), len(paid)),
            pa.array([event.name.lower() for event in Event]).take(pa.array(paid.event)),
            pa.array(paid.at, pa.timestamp("ms", "UTC")),
            identifiers.customer_ids(customer),
            pa.array(paid.is_named),
            pa.array(cents),
            pa.array(has_card),
        ]
        self._writer.write_table(pa.table(columns, schema=_ORDERS))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()


def shoppers(seller: Seller, merchant_id: str) -> pa.Table:
    """Return the customers of a merchant: type, lifetime, pace, and the share of each category."""
    people = seller.shoppers
    names = pa.array([shopper.name for shopper in TYPES])
    shares = tastes(people, seller.catalogue)
    categories = len(seller.catalogue.names)
    return pa.table({
        "merchant_id": pa.repeat(pa.scalar(merchant_id, pa.string()), len(people)),
        "customer_id": identifiers.customer_ids(people.customer),
        "customer_type": names.take(pa.array(people.kind)),
        "purchases_per_day": people.pace,
        "first_day": _days(people.born),
        "gone_on": _days(people.gone),
        "is_guest": people.is_guest,
        "has_our_card": people.customer < seller.plan.customers,
        "categories": pa.array([list(seller.catalogue.names)]).take(
            pa.array(np.zeros(len(people), np.int64))
        ),
        "category_shares": pa.ListArray.from_arrays(
            np.arange(0, shares.size + 1, categories, dtype=np.int32), shares.ravel()
        ),
    })  # fmt: skip


def promotions_of(seller: Seller, merchant_id: str) -> pa.Table:
    """Return the promotions of a merchant between the first sale and the end of the plan."""
    first = epoch_ms(seller.plan.sales_start) // DAY_MS // promotions.CYCLE_DAYS
    last = epoch_ms(seller.plan.end) // DAY_MS // promotions.CYCLE_DAYS
    made = [
        promotions.of_cycle(seller.plan.seed, seller.number, seller.catalogue, cycle)
        for cycle in range(first, last + 1)
    ]
    return pa.table({
        "merchant_id": [merchant_id] * len(made),
        "first_day": _days(np.array([item.first_day for item in made])),
        "end_day": _days(np.array([item.end_day for item in made])),
        "department": [item.department for item in made],
        "discount": [item.discount for item in made],
    })  # fmt: skip


def types() -> pa.Table:
    """Return the parameters of each type of customers."""
    names = ("name", "share", "gap_days", "shape", "life_days", "lines", "in_season",
             "in_promotion", "coupons", "returns")  # fmt: skip
    return pa.table({name: [getattr(kind, name) for kind in TYPES] for name in names})


def rhythm(seller: Seller, merchant_id: str) -> pa.Table:
    """Return the strength of the season by month, and the factor of orders by weekday."""
    months, weekdays = len(promotions.SEASON), 7
    factors = promotions.WEEKDAYS[seller.number % len(promotions.WEEKDAYS)]
    return pa.table({
        "merchant_id": [merchant_id] * (months + weekdays),
        "unit": ["month"] * months + ["weekday"] * weekdays,
        "position": [*range(1, months + 1), *range(1, weekdays + 1)],
        "factor": [*promotions.SEASON.tolist(), *factors.tolist()],
    })  # fmt: skip


def _days(days: np.ndarray) -> pa.Array:
    return pa.array(days.astype(np.int32), pa.date32())
