"""Run the stock forward: sales, receipts, losses, transfers and orders, day by day.

The rule of each pool is (s, S)-like: at or below the reorder point, an order fills up to a level.
Both follow the sales of the last weeks, as in a store that does not know its true demand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize.randomness import F64, I64
from features.synthesize.stores.assortment import CHANNELS, LOCATIONS
from features.synthesize.stores.chances import Chances
from features.synthesize.stores.pools import Pools, Rule
from features.synthesize.stores.products import Flags
from features.synthesize.stores.setting import Setting

#: Weekday of the transfers between the locations of two channels; counts are on Monday morning.
TRANSFER_WEEKDAY, COUNT_WEEKDAY = 3, 0
_EXPIRY_WEEKDAY = 6
_MEMORY = 1 / 28  # weight of a day in the sales that the rule follows
_TRANSFER_SHARE = 0.5  # of the excess
_RICH, _POOR = 1.6, 0.3  # stock as a share of the reorder point


@dataclass(slots=True)
class Stock:
    """The stock of L pools over D days; each array is [D, L], in pieces.

    Args:
        opening: at the start of the day.
        received: of orders on the day, and the first stock of a new product, a day ahead.
        morning, evening: sold before and after the receipts.
        written_off: damaged and expired pieces, at the end of the day.
        uncounted: pieces that appeared, or disappeared, without a movement.
        moved: pieces that came by a transfer, or left if negative.
        ordered: at the end of the day.
        closing: at the end of the day.
    """

    opening: I64
    received: I64
    morning: I64
    evening: I64
    written_off: I64
    uncounted: I64
    moved: I64
    ordered: I64
    closing: I64


@dataclass(slots=True)
class _Trade:
    """The state that a day hands to the next.

    Args:
        on_hand: [L] pieces.
        on_order: [L] pieces.
        pace: [L] sold pieces per day with stock, of the last weeks.
        came: [D + 1, L] pieces that came before each day, since the first day.
    """

    on_hand: I64
    on_order: I64
    pace: F64
    came: I64


def run(setting: Setting, pools: Pools, demand: I64, chances: Chances) -> Stock:
    """Run all pools over all days; `demand` is [S, D]."""
    products, days, rule = setting.products, setting.days, Rule.of(setting, pools)
    size = (days.count, len(pools))
    stock = Stock(*(np.zeros(size, np.int64) for _ in range(9)))
    wanted = np.ascontiguousarray(pools.sums(demand).T)
    before = np.ascontiguousarray(pools.sums(chances.mornings.T).T)
    product, shelf_life = pools.product, products.shelf_life[pools.product]
    born = np.maximum(products.born[product] - days.first, 0)
    trade = _Trade(
        on_hand=np.zeros(size[1], np.int64),
        on_order=np.zeros(size[1], np.int64),
        pace=pools.units.copy(),
        came=np.zeros((days.count + 1, size[1]), np.int64),
    )
    first = np.ceil((rule.days * rule.cover + rule.further) * pools.units + rule.buffer) + 1
    opens = (born > 0) & (born <= days.count)
    stock.received[born[opens] - 1, np.flatnonzero(opens)] = first.astype(np.int64)[opens]
    trade.on_order += stock.received.sum(axis=0)
    trade.on_hand[born == 0] = first.astype(np.int64)[born == 0]
    pairs = _pairs(pools)
    for day in range(days.count):
        number = days.first + day
        _sell(stock, trade, day, wanted[day], before[day])
        weekday = (number + 3) % 7
        _lose(stock, trade, day, chances, shelf_life, is_checked=weekday == _EXPIRY_WEEKDAY)
        if weekday == TRANSFER_WEEKDAY:
            _transfer(stock, trade, day, rule, pairs)
        is_sold = (born <= day) & (number < products.dies[product])
        may_order = is_sold & products.order_days[product, weekday]
        _order(stock, trade, day, rule, may_order)
        due = day + chances.lead_times[day, product]
        arrives = (stock.ordered[day] > 0) & (due < days.count)
        stock.received[due[arrives], np.flatnonzero(arrives)] += stock.ordered[day, arrives]
        stock.closing[day] = trade.on_hand
    return stock


def _sell(stock: Stock, trade: _Trade, day: int, wanted: I64, before: I64) -> None:
    """Sell what is there; before the receipts of the day only the stock of its start."""
    received = stock.received[day]
    stock.opening[day] = trade.on_hand
    early = np.where(received > 0, before, wanted)
    morning = np.minimum(trade.on_hand, early)
    evening = np.minimum(trade.on_hand - morning + received, wanted - early)
    stock.morning[day], stock.evening[day] = morning, evening
    sold = morning + evening
    was_open = (trade.on_hand > 0) | (received > 0)
    trade.pace = np.where(was_open, trade.pace + _MEMORY * (sold - trade.pace), trade.pace)
    trade.on_hand = trade.on_hand + received - sold
    trade.on_order = trade.on_order - received
    trade.came[day + 1] = trade.came[day] + received + (stock.opening[0] if day == 0 else 0)


def _lose(
    stock: Stock, trade: _Trade, day: int, chances: Chances, shelf_life: I64, *, is_checked: bool
) -> None:
    """Write off damaged and expired pieces; some pieces disappear or appear unseen."""
    written_off = np.minimum(chances.written_off[day], trade.on_hand)
    if is_checked:
        oldest = np.where(shelf_life > 0, np.maximum(day - shelf_life, 0), 0)
        fresh = trade.came[day + 1] - trade.came[oldest, np.arange(len(oldest))]
        written_off = np.maximum(written_off, trade.on_hand - fresh)
    on_hand = trade.on_hand - written_off
    had_stock = on_hand > 0
    uncounted = np.where(had_stock, np.maximum(chances.uncounted[day], -on_hand), 0)
    stock.written_off[day], stock.uncounted[day] = written_off, uncounted
    trade.on_hand = on_hand + uncounted


def _pairs(pools: Pools) -> tuple[I64, I64]:
    """Return the pools of the two channels of products without a warehouse."""
    store = np.flatnonzero(pools.location == LOCATIONS.index(CHANNELS[0]))
    return store, store + 1


def _transfer(stock: Stock, trade: _Trade, day: int, rule: Rule, pairs: tuple[I64, I64]) -> None:
    """Move half of the excess of a channel to the other channel where that has little."""
    point = np.maximum(trade.pace * rule.days * rule.cover, 1.0)
    level = trade.on_hand / point
    for rich, poor in (pairs, pairs[::-1]):
        excess = trade.on_hand[rich] - _RICH * point[rich]
        moves = (excess > 2) & (level[poor] < _POOR)
        pieces = np.where(moves, np.floor(_TRANSFER_SHARE * excess), 0).astype(np.int64)
        stock.moved[day, rich] -= pieces
        stock.moved[day, poor] += pieces
        trade.on_hand[rich] -= pieces
        trade.on_hand[poor] += pieces
        trade.came[day + 1, poor] += pieces


def _order(stock: Stock, trade: _Trade, day: int, rule: Rule, may_order: Flags) -> None:
    """Order up to the level in whole packs, at least the minimum order."""
    point = trade.pace * rule.days * rule.cover + rule.buffer
    position = trade.on_hand + trade.on_order
    pieces = np.maximum(np.ceil(point + trade.pace * rule.further - position), rule.least)
    whole = (np.ceil(pieces / rule.pack) * rule.pack).astype(np.int64)
    ordered = np.where(may_order & (position <= point), whole, 0)
    stock.ordered[day] = ordered
    trade.on_order = trade.on_order + ordered
