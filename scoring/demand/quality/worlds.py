"""Forecast the stores of the generator, whose true expectation of demand is known. Pure.

The model learns at one night, like a weekly refit, and forecasts that night and later ones. The
truth is the demand before censoring. The generator's expectation is read by the measures alone. A
promotion that is announced after a night raises days that no forecast can know, so the days that
such a promotion covers do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from features.platform.arrays import Flags, Floats
from features.synthesize.plan import Plan
from features.synthesize.stores import world as worlds
from features.synthesize.stores.assortment import CLASSES
from features.synthesize.stores.world import World
from scoring.demand import fitting, rows
from scoring.demand.history import History, State
from scoring.demand.model import DemandModel
from scoring.demand.past import Past, at_night
from scoring.demand.promotions import HORIZON, Promotions
from scoring.demand.serving import Forecasts

PRODUCTS, DAYS = 100, 760
#: Nights that are measured, one horizon apart; the model learns at the first.
NIGHTS = 3
#: Nights that teach lie in the year before, this many days apart.
TAUGHT_DAYS, TAUGHT_STEP = 364, 14
START = datetime(2023, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Truth:
    """The forecasts of n series-nights and the truth; every array is [n, 28] or [n].

    Args:
        past: what the nights knew.
        forecast: of the model.
        expected: true mean of demand; NaN on days of promotions that the night does not know.
        demand: pieces that customers wanted; NaN like `expected`.
        groups: [n] whether a series-night belongs to a class or to a kind of products, by name.
    """

    past: Past
    forecast: Forecasts
    expected: Floats
    demand: Floats
    groups: dict[str, Flags]


def make(seed: int = 0, products: int = PRODUCTS) -> World:
    """Return a world of one store."""
    start = START + timedelta(days=DAYS - 1)
    return worlds.make(
        Plan(
            start=start,
            end=start + timedelta(days=1),
            live_from=start,
            customers=1,
            seed=seed,
            stores=1,
            store_products=products,
            sales_days=DAYS - 1,
        )
    )


def history_of(world: World) -> History:
    """Return the world as the warehouse knows it: units, states of stock, prices, promotions."""
    share = world.stock_share
    state = np.select([share <= 0, share < 1], [State.OUT, State.PARTIAL], State.OPEN)
    promotion, series = world.promotions.covers()
    offers = world.promotions
    return History(
        units=world.units.astype(np.float64),
        state=state.astype(np.int8),
        price=np.where(world.units > 0, world.price, np.nan),
        merchant=world.store,
        category=world.category,
        promotions=Promotions(
            series,
            offers.first[promotion],
            offers.last[promotion],
            offers.announced[promotion],
            offers.price[promotion] / 100.0,
        ),
        first_day=world.days.first,
    )


def learn(history: History, place: int) -> DemandModel:
    """Return the model that a night can learn: from nights of the year before it."""
    places = range(place - TAUGHT_DAYS, place, TAUGHT_STEP)
    taught = rows.of_history(history, list(places), HORIZON)
    return fitting.fit(taught.known_by(history.day_at(place)))


def measure(world: World) -> tuple[DemandModel, Truth]:
    """Return the model and its forecasts of the measured nights."""
    history = history_of(world)
    last = world.days.count - 1
    places = [last - HORIZON * back for back in range(NIGHTS, 0, -1)]
    model = learn(history, places[0])
    pasts = [at_night(history, place) for place in places]
    past = Past.joined(pasts)
    night = np.repeat(places, [len(part) for part in pasts])
    days = night[:, None] + np.arange(1, HORIZON + 1)
    series = past.series[:, None]
    # -1 where no promotion is: announced before any night
    is_hidden = world.announced_day[series, days] > history.day_at(0) + night[:, None]
    expected = np.where(is_hidden, np.nan, world.expected[series, days])
    demand = np.where(is_hidden, np.nan, world.demand[series, days])
    return model, Truth(past, model.score(past.matrix), expected, demand, _groups(world, past))


def _groups(world: World, past: Past) -> dict[str, Flags]:
    """Return the series of each class and of each kind; a new one has no other class."""
    is_new = past["age_days"] < 56
    product = world.series.product[past.series]
    lives = ~world.products.is_dead[product]
    groups = {
        name: (world.series.demand_class[past.series] == place) & ~is_new & lives
        for place, name in enumerate(CLASSES)
    }
    groups["new"] = is_new
    for name in ("seasonal", "promoted", "stocked_out"):
        groups[name] = getattr(world.products, f"is_{name}")[product] & ~is_new & lives
    return groups
