"""Read the rows that a night knows into matrices, in plain Python.

The columns of the matrices are those of `scoring.demand.past`, which shares no code with the SQL.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from scoring.demand.history import LOOK_BACK, History, State
from scoring.demand.past import at_night
from scoring.demand.promotions import Promotions
from tests.integration.point_in_time.books import Book, Row

DAY = timedelta(days=1)
EPOCH = date(1970, 1, 1)
Series = tuple[str, str, str]


@dataclass(frozen=True)
class Night:
    """A day that is known whole, and the moment of knowledge."""

    day: date
    known_at: datetime

    @property
    def start(self) -> datetime:
        """Return the first instant of the look-back."""
        return midnight(self.day - (LOOK_BACK - 1) * DAY)

    @property
    def end(self) -> datetime:
        """Return the end of the day."""
        return midnight(self.day + DAY)

    def known(self, rows: Sequence[Row], name: str, event: str) -> list[Row]:
        """Return the newest version of each row that the night knows."""
        newest: dict[str, Row] = {}
        for row in sorted(rows, key=lambda row: row["version"]):
            if row["known_at"] <= self.known_at and row[event] < self.end:
                newest[row[name]] = row
        return list(newest.values())

    def place(self, moment: datetime) -> int:
        """Return the index of a moment's day in the look-back; negative before it."""
        return LOOK_BACK - 1 - (self.day - moment.astimezone(UTC).date()).days


def midnight(day: date) -> datetime:
    """Return the first instant of a UTC day."""
    return datetime.combine(day, time(), UTC)


def demand_features(book: Book, night: Night) -> dict[Series, dict[str, Any]]:
    """Return the category and the features of every series of a night."""
    by_series = series_of(book, night)
    series = sorted(by_series)
    of_days = [sold(by_series[name], night) for name in series]
    categories = [_category(book, name, by_series[name], units, night)
                  for name, (units, _) in zip(series, of_days, strict=True)]  # fmt: skip
    units = np.array([units for units, _ in of_days])
    names = list({(n[0], c) for n, c in zip(series, categories, strict=True)})
    merchants = sorted({name[0] for name in series})
    history = History(
        units=units,
        state=_states(book, series, units, night),
        price=np.array([price for _, price in of_days]),
        merchant=np.array([merchants.index(name[0]) for name in series]),
        category=np.array(
            [names.index((n[0], c)) for n, c in zip(series, categories, strict=True)]
        ),
        promotions=_promotions(book, series, night),
        first_day=(night.start.date() - EPOCH).days,
    )
    past = at_night(history, LOOK_BACK - 1)
    return {
        series[place]: {"category": categories[place], **dict(zip(past.names, row, strict=True))}
        for place, row in zip(past.series, past.matrix, strict=True)
    }


def series_of(book: Book, night: Night) -> dict[Series, list[Row]]:
    """Return the lines of merchandise that a night knows, without returns, by series."""
    by_series: dict[Series, list[Row]] = defaultdict(list)
    for row in night.known(book.of("sales"), "sale_line_id", "occurred_at"):
        is_sold = row["is_merchandise"] and row["event"] != "return"
        if is_sold and night.place(row["occurred_at"]) >= 0:
            by_series[row["merchant_id"], row["product_id"], row["channel"] or ""].append(row)
    return by_series


def net_minor(row: Row) -> int | None:
    """Return what was paid for a sold line, in minor units; None without a price."""
    if row["unit_price_base_minor"] is None:
        return None
    return _rounded(row["quantity"] * row["unit_price_base_minor"]) - (row["discount_minor"] or 0)


def sold(lines: Sequence[Row], night: Night) -> tuple[Any, Any]:
    """Return the units and the price of each day of the look-back."""
    units, spent, priced = np.zeros((3, LOOK_BACK))
    for row in lines:
        day, quantity = night.place(row["occurred_at"]), row["quantity"]
        units[day] += quantity if row["event"] == "sale" else -quantity
        net = net_minor(row)
        if row["event"] == "sale" and net is not None:
            spent[day] += net / 100
            priced[day] += quantity
    price = np.full(LOOK_BACK, np.nan)
    np.divide(spent, priced, out=price, where=priced > 0)
    return np.maximum(units, 0), price


def _rounded(value: float) -> int:
    """Round halves away from zero, as the warehouse does."""
    return int(value + 0.5)


def _category(
    book: Book, name: Series, lines: Sequence[Row], units: Any, night: Night
) -> str | None:
    stated = [
        (night.place(row["occurred_at"]), row["category"])
        for row in lines
        if row["category"] and row["event"] == "sale"
    ]
    first = int(np.argmax(units > 0)) if units.any() else LOOK_BACK
    stated = [(day, category) for day, category in stated if day >= first]
    if stated:
        return str(max(stated)[1])
    facts = [
        row
        for row in book.of("products")
        if (row["merchant_id"], row["product_id"]) == name[:2] and row["known_at"] <= night.known_at
    ]
    category = max(facts, key=lambda row: row.get("version", 1))["category"] if facts else None
    return category


def _states(book: Book, series: Sequence[Series], units: Any, night: Night) -> Any:
    """Return the state of each series and day, from the pieces at every instant."""
    counts = night.known(book.of("stock_levels"), "stock_level_id", "counted_at")
    movements = night.known(book.of("stock_movements"), "stock_movement_id", "occurred_at")
    counts = [row for row in counts if row["counted_at"] >= night.start]
    movements = [row for row in movements if row["occurred_at"] >= night.start]
    states = np.full(units.shape, State.UNKNOWN, dtype=np.int8)
    for place, (merchant, product, channel) in enumerate(series):
        channels = {name for of, _, name in series if of == merchant}
        own = [
            [row for row in rows if (row["merchant_id"], row["product_id"]) == (merchant, product)]
            for rows in (counts, movements)
        ]
        stock = _Stock(*own, lambda name, c=channel, cs=channels: name == c or name not in cs)
        for day in range(LOOK_BACK):
            states[place, day] = stock.state(night.start + day * DAY, units[place, day] > 0)
    return states


class _Stock:
    """The pieces of one series over time."""

    def __init__(self, counts: list[Row], movements: list[Row], is_own: Any) -> None:
        self.counts: dict[str, dict[datetime, float]] = defaultdict(lambda: defaultdict(float))
        for row in counts:
            if is_own(row["location"]):
                self.counts[row["location"]][row["counted_at"]] += row["on_hand"]
        self.moves: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
        for row in movements:
            sign = 1 if row["movement"] in {"receipt", "return"} else -1
            self.moves[row["location"]].append((row["occurred_at"], sign * row["quantity"]))
            if row["to_location"]:
                self.moves[row["to_location"]].append((row["occurred_at"], row["quantity"]))
        instants = {at for counts_at in self.counts.values() for at in counts_at}
        instants |= {at for name in self.counts for at, _ in self.moves[name]}
        self.pieces = sorted((at, self._pieces(at)) for at in instants)

    def _pieces(self, at: datetime) -> float | None:
        total = None
        for name, counts in self.counts.items():
            past = [counted for counted in counts if counted <= at]
            if past:
                moved = sum(n for when, n in self.moves[name] if max(past) < when <= at)
                total = (total or 0) + counts[max(past)] + moved
        return total

    def state(self, start: datetime, is_sold: bool) -> State:
        end = start + DAY
        before = [pieces for at, pieces in self.pieces if at <= start][-1:]
        spans = [*before, *(pieces for at, pieces in self.pieces if start < at < end)]
        known = [pieces for pieces in spans if pieces is not None]
        if not known:
            return State.UNKNOWN
        short = [pieces <= 0 for pieces in known]
        is_whole = all(short) and bool(before) and before[0] is not None
        if is_whole and not is_sold:
            return State.OUT
        return State.PARTIAL if any(short) else State.OPEN


def _promotions(book: Book, series: Sequence[Series], night: Night) -> Promotions:
    rows = [
        (place, row)
        for row in night.known(book.of("promotions"), "promotion_id", "announced_at")
        for place, name in enumerate(series)
        if name[:2] == (row["merchant_id"], row["product_id"]) and row["channel"] in {None, name[2]}
    ]
    rows.sort(key=lambda pair: pair[1]["promotion_id"])
    days = [
        np.array([(row[name] - EPOCH).days for _, row in rows], dtype=np.int64)
        for name in ("starts_on", "ends_on")
    ]
    base = [row["price_base_minor"] for _, row in rows]
    return Promotions(
        np.array([place for place, _ in rows], dtype=np.int64),
        *days,
        np.full(len(rows), (night.day - EPOCH).days),
        np.array([np.nan if price is None else price / 100 for price in base]),
    )
