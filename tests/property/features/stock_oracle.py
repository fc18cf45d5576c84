"""Describe the products of a night and their stock in plain Python, on the rows that it knows.

The stock of places and its contradictions are those of `scoring.stock`, which shares no code with
the SQL.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np

from scoring.stock.availability import Available, reconcile
from scoring.stock.discrepancies import KINDS, Discrepancies
from scoring.stock.movements import Counts, Kind, Movements, entries
from scoring.stock.timeline import Timeline, timeline
from tests.integration.point_in_time.books import DAY, Book, Row
from tests.property.features.demand_oracle import EPOCH, Night, net_minor, series_of, sold

Product = tuple[str, str]
WEEKS = 13


@dataclass(frozen=True)
class World:
    """The rows of stock that a night knows, as the core reads them."""

    book: Book
    night: Night

    @cached_property
    def products(self) -> list[Product]:
        """Return the products of a merchant that counts, with any version in the look-back."""
        counted = self._named("stock_levels", "counted_at")
        moved = self._named("stock_movements", "occurred_at")
        lines = self._named("sales", "occurred_at", lambda row: row["event"] == "sale"
                            and row["is_merchandise"])  # fmt: skip
        merchants = {merchant for merchant, _ in counted}
        return sorted(name for name in counted | moved | lines if name[0] in merchants)

    @cached_property
    def locations(self) -> list[str]:
        """Return the names of all places."""
        levels, movements = self.levels, self.movements
        names = {row["location"] for row in (*levels, *movements)}
        return sorted(names | {row["to_location"] for row in movements if row["to_location"]})

    @cached_property
    def levels(self) -> list[Row]:
        """Return all known versions of the counts whose newest one lies in the look-back."""
        return self._versions("stock_levels", "stock_level_id", "counted_at")

    @cached_property
    def movements(self) -> list[Row]:
        """Return the same of the movements."""
        return self._versions("stock_movements", "stock_movement_id", "occurred_at")

    @cached_property
    def facts(self) -> tuple[Counts, Movements]:
        """Return the rows as arrays."""
        place = {name: number for number, name in enumerate(self.locations)}
        counts = [
            (*self._key(row, "stock_level_id", self.levels), place[row["location"]],
             row["on_hand"], row.get("reserved") or 0, milliseconds(row["counted_at"]))
            for row in self.levels
        ]  # fmt: skip
        movements = [
            (*self._key(row, "stock_movement_id", self.movements), place[row["location"]],
             place.get(row["to_location"], -1), Kind[row["movement"].upper()], row["quantity"],
             milliseconds(row["occurred_at"]))
            for row in self.movements
        ]  # fmt: skip
        return Counts(*columns(counts, 7)), Movements(*columns(movements, 8))

    @cached_property
    def reconciled(self) -> tuple[Available, Discrepancies]:
        """Return the stock of the products, and its contradictions."""
        buffers = np.zeros(len(self.locations), dtype=np.int64)
        return reconcile(*self.facts, buffers, len(self.products))

    @cached_property
    def events(self) -> Timeline:
        """Return the changes of each place."""
        counts, movements = self.facts
        moved = entries(movements.current(), len(self.locations))
        return timeline(counts.current(), moved, len(self.locations))

    def _named(self, feed: str, event: str, chosen: Any = bool) -> set[Product]:
        return {
            (row["merchant_id"], row["product_id"])
            for row in self.book.of(feed)
            if row["known_at"] <= self.night.known_at
            and self.night.start <= row[event] < self.night.end
            and chosen(row)
        }

    def _versions(self, feed: str, name: str, event: str) -> list[Row]:
        rows = self.book.of(feed)
        newest = self.night.known(rows, name, event)
        kept = {row[name] for row in newest if row[event] >= self.night.start}
        return [
            row
            for row in rows
            if row[name] in kept
            and row["known_at"] <= self.night.known_at
            and row[event] < self.night.end
            and (row["merchant_id"], row["product_id"]) in self.products
        ]

    def _key(self, row: Row, name: str, rows: Sequence[Row]) -> tuple[int, int, int]:
        keys = sorted({other[name] for other in rows})
        product = self.products.index((row["merchant_id"], row["product_id"]))
        return keys.index(row[name]), row["version"], product


def milliseconds(moment: datetime) -> int:
    """Return the milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def columns(rows: Sequence[Sequence[Any]], width: int) -> Iterable[Any]:
    """Return the columns of integer rows."""
    return np.array(rows, dtype=np.int64).reshape(len(rows), width).T


def discrepancies(world: World) -> set[tuple[Any, ...]]:
    """Return merchant, product, place, kind, size, moment and age of each contradiction."""
    found = world.reconciled[1]
    age = found.age_days(milliseconds(world.night.end))
    return {
        (*world.products[product], world.locations[location], KINDS[kind].value, float(size),
         datetime.fromtimestamp(at / 1000, UTC), float(days))
        for product, location, kind, size, at, days in zip(
            found.product, found.location, found.kind, found.size, found.at, age, strict=True)
    }  # fmt: skip


def stock_features(world: World) -> dict[Product, dict[str, Any]]:
    """Return the arrays and the features of every product of a night."""
    rows = {}
    lines = series_of(world.book, world.night)
    for number, name in enumerate(world.products):
        terms = _terms(world, name)
        units = {channel: sold(of, world.night)[0] for (*product, channel), of in lines.items()
                 if tuple(product) == name}  # fmt: skip
        of_channels = [of for (*product, _), of in lines.items() if tuple(product) == name]
        rows[name] = {
            **_stock(world, number),
            **_inbound(world, name, terms),
            **_batches(world, number),
            **_sales(world, number, units, [row for of in of_channels for row in of], terms),
            **{key: terms.get(key) for key in ("category", "department", "order_days")},
            **{key: _number(terms.get(key)) for key in (
                "lead_time_days", "lead_time_sd_days", "minimum_order", "shelf_life_days")},
            "pack_units": {"12": 12.0, " 4.0 ": 4.0, "24": 24.0}.get(terms.get("pack_size") or ""),
            "night_day": _day(world),
        }  # fmt: skip
    for name, row in rows.items():
        worth = {other: max(of["value_364"] or 0.0, 0.0) for other, of in rows.items()
                 if other[0] == name[0]}  # fmt: skip
        above = sum(value for value in worth.values() if value > worth[name] * (1 + 1e-12))
        row["value_share_above"] = above / sum(worth.values()) if sum(worth.values()) else 0.0
    return rows


def _day(world: World) -> int:
    return (world.night.day - EPOCH).days


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _terms(world: World, name: Product) -> Row:
    facts = [
        row
        for row in world.book.of("products")
        if (row["merchant_id"], row["product_id"]) == name
        and row["known_at"] <= world.night.known_at
    ]
    return max(facts, key=lambda row: row.get("version", 1), default={})


def _stock(world: World, number: int) -> dict[str, Any]:
    events, available = world.events, world.reconciled[0]
    last = events.last
    last = last[events.place[last] // len(world.locations) == number]
    counted = last[events.anchor[last] >= 0]
    anchor = events.anchor[counted]
    is_known = bool(available.is_known[number])
    age = None
    if is_known:
        age = (milliseconds(world.night.end) - 1) // 86_400_000
        age -= int(available.counted_at[number]) // 86_400_000
    return {
        "locations": [world.locations[place % len(world.locations)]
                      for place in events.place[counted]],
        "location_on_hand": events.book(counted, anchor).astype(float).tolist(),
        "location_reserved": events.reserved[anchor].astype(float).tolist(),
        "on_hand": float(available.on_hand[number]) if is_known else None,
        "reserved": float(available.reserved[number]) if is_known else None,
        "counted_age_days": age,
        "counted_places": len(counted),
        "uncounted_places": len(last) - len(counted),
    }  # fmt: skip


def _inbound(world: World, name: Product, terms: Row) -> dict[str, Any]:
    night = world.night
    orders = [row | {"happened_at": row.get("received_at") or row["ordered_at"]}
              for row in world.book.of("purchase_orders")]  # fmt: skip
    due = []
    for row in night.known(orders, "purchase_order_id", "happened_at"):
        is_of = (row["merchant_id"], row["product_id"]) == name and row["ordered_at"] >= night.start
        if not is_of or row.get("received_at"):
            continue
        lead_time = terms.get("lead_time_days")
        wait = round(7 if lead_time is None else lead_time)
        day = (row["expected_at"] or row["ordered_at"] + wait * DAY).date()
        due.append(((day - night.day).days, row["purchase_order_id"], float(row["quantity"])))
    due.sort()
    return {
        "inbound_units": [quantity for _, _, quantity in due],
        "inbound_due": [float(day) for day, _, _ in due],
        "inbound_total": sum(quantity for _, _, quantity in due),
        "overdue_units": sum(quantity for day, _, quantity in due if day < 1),
    }


def _batches(world: World, number: int) -> dict[str, Any]:
    newest = {row["stock_level_id"]: row for row in sorted(world.levels, key=_version)}
    rows = [row for row in newest.values()
            if (row["merchant_id"], row["product_id"]) == world.products[number]]  # fmt: skip
    last: dict[str, datetime] = {}
    for row in rows:
        at = row["counted_at"]
        last[row["location"]] = max(at, last.get(row["location"], at))
    batches = sorted(
        ((row["expires_on"] - world.night.day).days, row["stock_level_id"], float(row["on_hand"]))
        for row in rows
        if row["counted_at"] == last[row["location"]] and row.get("expires_on") and row["on_hand"]
    )
    return {
        "batch_units": [units for _, _, units in batches],
        "batch_expires": [float(day) for day, _, _ in batches],
    }


def _version(row: Row) -> int:
    return int(row["version"])


def _sales(
    world: World, number: int, units: dict[str, Any], lines: list[Row], terms: Row
) -> dict[str, Any]:
    night = world.night
    # the newest day first
    total = sum((each[::-1] for each in units.values()), np.zeros(420))
    events = world.events
    mine = np.flatnonzero(events.place // len(world.locations) == number)
    ages = [int(age) for age in np.flatnonzero(total > 0)]
    known = [_day(world) - int(events.at[event]) // 86_400_000 for event in mine]
    age = max([*ages, *known], default=None)
    prices = {}
    for days in (28, 364):
        priced = [row for row in lines if row["event"] == "sale" and net_minor(row) is not None
                  and 0 <= 419 - night.place(row["occurred_at"]) < days]  # fmt: skip
        pieces = sum(row["quantity"] for row in priced)
        paid = sum(net_minor(row) or 0 for row in priced) / 100
        prices[days] = max(paid / pieces, 0.0) if pieces > 0 else None
    cost, listed = (None if terms.get(name) is None else terms[name] / 100
                    for name in ("unit_cost_base_minor", "list_price_base_minor"))  # fmt: skip
    year = prices[364] if prices[364] is not None else listed
    price = next((one for one in (prices[28], year) if one is not None), None)
    return {
        "channels": sorted(channel for channel, each in units.items() if (each > 0).any()),
        "days_since_sale": min(ages, default=None),
        "age_days": age,
        "units_28": total[:28].sum() / min(28, (age or 0) + 1),
        "units_364": total[:364].sum() / min(364, (age or 0) + 1),
        "value_364": None if year is None else total[:364].sum() * (year - (cost or 0.0)),
        "unit_cost": cost,
        "unit_price": price,
        "unit_margin": None if price is None or cost is None else price - cost,
        "weekly_variation": _variation(total, age, _short_days(world, number)),
    }


def _variation(total: Any, age: int | None, short: set[int]) -> float | None:
    whole = min(((age or -1) + 1) // 7, WEEKS)
    weeks = [total[7 * week : 7 * week + 7].sum() for week in range(whole)
             if not short & set(range(7 * week, 7 * week + 7))]  # fmt: skip
    if len(weeks) < 2 or sum(weeks) <= 0:
        return None
    return float(np.std(weeks) / np.mean(weeks))


def _short_days(world: World, number: int) -> set[int]:
    """Return the ages of the days on which no counted place had a piece at any moment."""
    events, size = world.events, len(world.locations)
    last = events.last
    counted = [place for place in events.place[last[events.anchor[last] >= 0]]
               if place // size == number]  # fmt: skip
    short: dict[int, int] = defaultdict(int)
    for place in counted:
        mine = np.flatnonzero((events.place == place) & (events.anchor >= 0))
        # the last event of an instant decides
        pieces = dict(zip(events.at[mine], events.book(mine, events.anchor[mine]), strict=True))
        for age in range(7 * WEEKS):
            start = milliseconds(world.night.end - (age + 1) * DAY)
            end = start + 86_400_000
            before = [at for at in pieces if at <= start]
            if before and all(
                pieces[at] <= 0 for at in [max(before), *(at for at in pieces if start < at < end)]
            ):
                short[age] += 1
    return {age for age, places in short.items() if places == len(counted)}
