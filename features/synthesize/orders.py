"""Make the orders of a merchant, day by day: lines, discounts, cancellations and returns.

The key of a day gives the same orders again. So a return finds the lines of its order, and the card
side of an order is made from the order itself.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.synthesize import catalogue, promotions, shoppers
from features.synthesize.calendar import DAY_MS, HOUR_MS, RHYTHMS, epoch_ms
from features.synthesize.catalogue import Catalogue
from features.synthesize.customers import Customers
from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64, Stream, generator, pick
from features.synthesize.shoppers import Shoppers

CHANNELS = ("store", "web", "app")
STORE, WEB, APP = range(3)
POSTAGE = -1  # the product number of a line that is no merchandise
LONGEST_RETURN_DAYS = 14
_MOST_LINES = 40
_FORGOTTEN_CARD = 0.05  # share of orders of a known customer that carry no customer id
_SINGLE = 0.75  # share of lines with one piece
_COUPON = 0.10
_CANCELLED, _MOST_MINUTES = 0.008, 40
_RETURNED_LINES = 0.5
_POSTAGE_CENTS, _FREE_FROM_CENTS = 495, 5_000
_RISE_PER_QUARTER, _FIRST_QUARTER = 1.008, 216  # prices of the catalogue are those of 2024


class Event(IntEnum):
    """What happens to a line."""

    SALE = 0
    RETURN = 1
    CANCELLATION = 2


@dataclass(slots=True)
class Lines:
    """Equally long arrays, one entry per line and event.

    Args:
        at: time of the event, epoch milliseconds.
        day: of the sale, in days since 1970; day and order form the id of an order.
        order: index of the order within its day.
        line: number of the line within its order, from 1.
        buyer: index of the customer among those of the merchant.
        product: number of the product, or `POSTAGE`.
        quantity: pieces, positive for each event.
        price: of a piece, in cents.
        discount: of the line, in cents.
        channel: index into `CHANNELS`.
        is_named: False for a guest.
        event: an `Event`.
        undone_at: time of the return or cancellation of the line; 0 for none.
        undone_by: the `Event` at that time.
    """

    at: I64
    day: I64
    order: I64
    line: I64
    buyer: I64
    product: I64
    quantity: I64
    price: I64
    discount: I64
    channel: I64
    is_named: NDArray[np.bool_]
    event: I64
    undone_at: I64
    undone_by: I64

    def __len__(self) -> int:
        return len(self.at)

    @property
    def net(self) -> I64:
        """Cents of each line after its discount, positive for each event."""
        cents: I64 = self.quantity * self.price - self.discount
        return cents

    def take(self, which: NDArray[Any]) -> Lines:
        """Return the lines of a mask or an index array."""
        return Lines(*(getattr(self, item.name)[which] for item in fields(self)))


@dataclass(slots=True)
class Seller:
    """A merchant that delivers its sales, and a cache of the orders of its last days."""

    plan: Plan
    number: int
    merchant: int
    catalogue: Catalogue
    shoppers: Shoppers
    _days: OrderedDict[int, Lines] = field(default_factory=OrderedDict)

    def within(self, start_ms: int, end_ms: int) -> Lines:
        """Return the events of [start, end), within one UTC day, ordered by time."""
        events = self.on(start_ms // DAY_MS)
        return events.take((events.at >= start_ms) & (events.at < end_ms))

    def on(self, day: int) -> Lines:
        """Return the sales of a day, with the returns and cancellations that fall on it."""
        parts = [self._sold_on(day)]
        for past in range(day - LONGEST_RETURN_DAYS, day + 1):
            sold = self._sold_on(past)
            chosen = np.flatnonzero(sold.undone_at // DAY_MS == day)
            if len(chosen):
                undone = sold.take(chosen)
                parts.append(replace(undone, at=undone.undone_at, event=undone.undone_by))
        events = concatenate(parts)
        return events.take(np.argsort(events.at, kind="stable"))

    def _sold_on(self, day: int) -> Lines:
        if day not in self._days:
            self._days[day] = _sales(self, day)
            while len(self._days) > LONGEST_RETURN_DAYS + 2:
                self._days.popitem(last=False)
        return self._days[day]


def sellers(plan: Plan, people: Customers, merchants: range) -> list[Seller]:
    """Make the merchants of a plan that deliver their sales, with products and customers."""
    made = []
    for number, merchant in enumerate(merchants):
        products = catalogue.build(plan, number)
        buyers = shoppers.build(plan, people, products, number)
        made.append(Seller(plan, number, merchant, products, buyers))
    return made


def concatenate(parts: list[Lines]) -> Lines:
    """Concatenate lines."""
    columns = ([getattr(part, item.name) for part in parts] for item in fields(Lines))
    return Lines(*(np.concatenate(column) for column in columns))


def _sales(seller: Seller, day: int) -> Lines:
    """Make the lines of all orders of a day, ordered by order."""
    rng = generator(seller.plan.seed, Stream.ORDERS, seller.number, day)
    buyer = _buyers(seller, day, rng)
    at = np.sort(_moments(day, rng, len(buyer)))
    kind = seller.shoppers.kind[buyer]
    many = 1 + rng.poisson(shoppers.per_type("lines")[kind] * np.exp(seller.shoppers.level[buyer]))
    order = np.repeat(np.arange(len(buyer)), np.minimum(many, _MOST_LINES))
    lines = _lines(seller, day, rng, buyer[order], order)
    lines.at = at[order]
    lines.channel = _channels(seller.shoppers, buyer, rng)[order]
    named = ~seller.shoppers.is_guest[buyer] & (rng.random(len(buyer)) >= _FORGOTTEN_CARD)
    lines.is_named = named[order]
    lines = _with_postage(seller, lines)
    lines.line = 1 + np.arange(len(lines)) - np.searchsorted(lines.order, lines.order)
    _undo(lines, rng, shoppers.per_type("returns")[kind], at)
    return lines


def _buyers(seller: Seller, day: int, rng: np.random.Generator) -> I64:
    """Draw the customer of each order: first purchases of the day, then a Poisson process."""
    people = seller.shoppers
    if day < epoch_ms(seller.plan.sales_start) // DAY_MS:
        return np.empty(0, np.int64)
    strength = promotions.season(day)
    factor = 1 + strength * (shoppers.per_type("in_season") - 1)
    if promotions.promotion(seller.plan.seed, seller.number, seller.catalogue, day):
        factor = factor * shoppers.per_type("in_promotion")
    is_alive = (people.born < day) & (day < people.gone)
    pace = people.pace * factor[people.kind] * is_alive * promotions.weekday(seller.number, day)
    reached = np.cumsum(pace)
    total = float(reached[-1]) if len(reached) else 0.0
    again = pick(reached, rng.random(rng.poisson(total))) if total else np.empty(0, np.int64)
    return rng.permutation(np.concatenate([np.flatnonzero(people.born == day), again]))


def _moments(day: int, rng: np.random.Generator, count: int) -> I64:
    hour = pick(np.cumsum(RHYTHMS[0]), rng.random(count))
    moments: I64 = day * DAY_MS + ((hour + rng.random(count)) * HOUR_MS).astype(np.int64)
    return moments


def _channels(people: Shoppers, buyer: I64, rng: np.random.Generator) -> I64:
    in_store = rng.random(len(buyer)) < people.store_share[buyer]
    in_app = rng.random(len(buyer)) < people.app_share[buyer]
    return np.where(in_store, STORE, np.where(in_app, APP, WEB))


def _lines(seller: Seller, day: int, rng: np.random.Generator, buyer: I64, order: I64) -> Lines:
    """Draw product, quantity and discount of each line."""
    products, count = seller.catalogue, len(order)
    category = shoppers.categories(seller.shoppers, products, buyer, rng.random((2, count)))
    rate = np.zeros(count)
    coupons = shoppers.per_type("coupons")[seller.shoppers.kind[buyer]]
    rate[rng.random(count) < coupons] = _COUPON
    draws = rng.random((2, count))
    current = promotions.promotion(seller.plan.seed, seller.number, products, day)
    if current:
        drawn = draws[0] < promotions.DRAWN_TO_PROMOTED
        promoted = promotions.promoted_category(current, products, draws[1])
        category = np.where(drawn, promoted, category)
        rate[np.isin(category, current.categories)] = current.discount
    product = products.choose(category, rng.random(count))
    quantity = np.where(rng.random(count) < _SINGLE, 1, 1 + rng.geometric(0.5, count))
    rise = _RISE_PER_QUARTER ** (day // 91 - _FIRST_QUARTER)
    price = np.maximum(np.rint(products.price[product] * rise), 10).astype(np.int64)
    none = np.zeros(count, np.int64)
    return Lines(
        at=none,
        day=np.full(count, day, np.int64),
        order=order,
        line=none,
        buyer=buyer,
        product=product,
        quantity=quantity.astype(np.int64),
        price=price,
        discount=np.floor(quantity * price * rate).astype(np.int64),
        channel=none,
        is_named=np.ones(count, bool),
        event=none,
        undone_at=none.copy(),
        undone_by=none.copy(),
    )


def _with_postage(seller: Seller, lines: Lines) -> Lines:
    """Add a line of postage to the small orders that a shop of fashion sends."""
    if seller.number % len(catalogue.TRADES) == 0 or not len(lines):
        return lines
    first = np.flatnonzero(np.diff(lines.order, prepend=-1))
    totals = np.add.reduceat(lines.net, first)
    sent = lines.take(first[(totals < _FREE_FROM_CENTS) & (lines.channel[first] != STORE)])
    ones = np.ones(len(sent), np.int64)
    postage = replace(
        sent,
        product=POSTAGE * ones,
        quantity=ones,
        price=_POSTAGE_CENTS * ones,
        discount=0 * ones,
    )
    every = concatenate([lines, postage])
    return every.take(np.argsort(every.order, kind="stable"))


def _undo(lines: Lines, rng: np.random.Generator, returns: F64, at: I64) -> None:
    """Draw the orders that are cancelled within minutes, and the lines that come back later."""
    orders = len(at)
    is_cancelled = rng.random(orders) < _CANCELLED
    minutes = rng.integers(1, _MOST_MINUTES, orders)
    has_return = ~is_cancelled & (rng.random(orders) < returns)
    days = rng.integers(1, LONGEST_RETURN_DAYS, orders)
    back_at = at // DAY_MS * DAY_MS + days * DAY_MS + rng.integers(8, 19, orders) * HOUR_MS
    comes_back = rng.random(len(lines)) < _RETURNED_LINES
    order = lines.order
    is_back = has_return[order] & comes_back & (lines.product != POSTAGE)
    lines.undone_at = np.where(is_back, back_at[order], 0)
    lines.undone_by = np.where(is_back, int(Event.RETURN), 0)
    struck = is_cancelled[order]
    lines.undone_at[struck] = (at + minutes * 60_000)[order][struck]
    lines.undone_by[struck] = int(Event.CANCELLATION)
