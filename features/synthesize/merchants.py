"""Make the merchants: category, place and popularity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize.catalogue import TRADES
from features.synthesize.places import Places
from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64, Stream, generator, pick

# name, share of merchants, log of the median in USD, spread, share online, draw on thieves, type
_CATEGORIES: tuple[tuple[str, float, float, float, float, float, int], ...] = (
    ("groceries", 0.20, 3.3, 0.7, 0.05, 0.2, 0),
    ("restaurants", 0.17, 2.9, 0.6, 0.05, 0.2, 0),
    ("fuel", 0.08, 3.6, 0.4, 0.00, 0.5, 0),
    ("pharmacy", 0.06, 2.9, 0.6, 0.15, 0.2, 0),
    ("fashion", 0.09, 3.9, 0.8, 0.50, 1.5, 0),
    ("electronics", 0.06, 4.6, 1.0, 0.60, 6.0, 0),
    ("jewellery", 0.02, 5.0, 1.0, 0.30, 6.0, 0),
    ("travel", 0.06, 5.0, 1.0, 0.70, 3.0, 0),
    ("entertainment", 0.06, 3.0, 0.7, 0.30, 0.5, 0),
    ("subscriptions", 0.05, 2.5, 0.5, 1.00, 0.3, 1),
    ("gaming", 0.04, 2.6, 0.9, 1.00, 3.0, 0),
    ("marketplace", 0.05, 3.5, 1.0, 1.00, 4.0, 0),
    ("utilities", 0.03, 4.2, 0.5, 0.80, 0.1, 1),
    ("cash", 0.02, 4.4, 0.6, 0.00, 2.0, 2),
    ("transfers", 0.01, 4.6, 1.1, 1.00, 5.0, 3),
)
CATEGORIES: tuple[str, ...] = tuple(row[0] for row in _CATEGORIES)
LOG_MEDIAN_USD: F64 = np.array([row[2] for row in _CATEGORIES])
SPREAD: F64 = np.array([row[3] for row in _CATEGORIES])
TRANSACTION_TYPES: I64 = np.array([row[6] for row in _CATEGORIES])
CASH = CATEGORIES.index("cash")
_ALWAYS_ONLINE = 8  # online merchants that even the smallest world has
_HOT_SHARE = 0.01
_RISK_OF_SELLERS = 100  # thousandths


@dataclass(frozen=True, slots=True)
class Merchants:
    """All merchants, ordered by place; online shops come last, at place `len(places)`.

    Args:
        category: index into `CATEGORIES`.
        place: index of the place, or the number of places for an online shop.
        popularity: relative weight among the merchants of a place.
        risk: risk score of the acquirer, in thousandths.
        bounds: first merchant of each place, and the end.
        by_popularity: cumulative weights for honest choices.
        by_attraction: cumulative weights for the choices of thieves.
        hot: the merchants that a skewed world prefers (a range of the online shops).
        sellers: the merchants that deliver their sales; no other traffic has them.
        stores: the merchants that deliver sales and stock, last of all; no traffic has them.
    """

    category: I64
    place: I64
    popularity: F64
    risk: I64
    bounds: I64
    by_popularity: F64
    by_attraction: F64
    hot: range
    sellers: range
    stores: range

    @property
    def online(self) -> int:
        """The place of online shops."""
        return len(self.bounds) - 2

    def choose(self, place: I64, draws: F64, *, thief: bool = False) -> I64:
        """Choose a merchant at each place; a place without merchants gives an online shop."""
        weights = self.by_attraction if thief else self.by_popularity
        empty = self.bounds[place] == self.bounds[place + 1]
        where = np.where(empty, self.online, place)
        low, high = weights[self.bounds[where]], weights[self.bounds[where + 1]]
        position = np.searchsorted(weights, low + draws * (high - low), side="right") - 1
        chosen: I64 = np.clip(position, self.bounds[where], self.bounds[where + 1] - 1)
        return chosen


def build(plan: Plan, places: Places) -> Merchants:
    """Make the merchants of a plan."""
    count = int(60 + plan.customers**0.8)
    rng = generator(plan.seed, Stream.MERCHANTS)
    shares = np.array([row[1] for row in _CATEGORIES])
    category = pick(np.cumsum(shares), rng.random(count))
    online_share = np.array([row[4] for row in _CATEGORIES])[category]
    is_online = rng.random(count) < online_share
    is_online[:_ALWAYS_ONLINE] = True
    somewhere = pick(np.cumsum(places.weights), rng.random(count))
    place = np.where(is_online, len(places.codes), somewhere)
    order = np.argsort(place, kind="stable")
    category, place = category[order], place[order]
    popularity = rng.lognormal(0.0, 0.8, count)
    draw = np.array([row[5] for row in _CATEGORIES])[category]
    first_online = int(np.searchsorted(place, len(places.codes)))
    hot = range(first_online, first_online + max(1, round(count * _HOT_SHARE)))
    risk = np.rint(1000 * rng.beta(2, 8, count)).astype(np.int64)
    # their orders make their traffic, so no draw of the other traffic may choose them
    trades = [CATEGORIES.index(TRADES[number % len(TRADES)]) for number in range(plan.sellers)]
    trades += [CATEGORIES.index(TRADES[0])] * plan.stores
    added = np.zeros(plan.sellers + plan.stores)
    category = np.append(category, np.array(trades, np.int64))
    place = np.append(place, np.full(len(added), len(places.codes)))
    popularity, draw = np.append(popularity, added), np.append(draw, added)
    return Merchants(
        category=category,
        place=place,
        popularity=popularity,
        risk=np.append(risk, np.full(len(added), _RISK_OF_SELLERS)),
        bounds=np.searchsorted(place, np.arange(len(places.codes) + 2)),
        by_popularity=np.concatenate([[0.0], np.cumsum(popularity)]),
        by_attraction=np.concatenate([[0.0], np.cumsum(popularity * draw)]),
        hot=range(hot.start, min(hot.stop, count)),
        sellers=range(count, count + plan.sellers),
        stores=range(count + plan.sellers, count + plan.sellers + plan.stores),
    )
