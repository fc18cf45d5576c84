"""Turn the made stores into a market of products whose true demand is known. Pure.

Orders are placed per product: the demand of its channels is one demand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

import numpy as np

from features.platform.arrays import Codes, Floats, Integers
from features.synthesize.plan import DAY, Plan
from features.synthesize.stores.world import World
from scoring.models import dispersion
from scoring.stock import classes
from scoring.stock.draws import keys_of
from scoring.stock.paths import WEEK
from scoring.stock.proposals import Packing
from scoring.stock.quality.forward import RUN_DAYS, WARM_UP, Market, Trial

HORIZON = 28
#: Days after the run, in which the last measured periods end.
AFTER = 60
YEAR = 364
#: Earlier nights, a horizon apart, whose forecasts show the dispersion.
ORIGINS = 4
_START = datetime(2024, 1, 1, tzinfo=UTC)
_MEASURED = _START + (2 * YEAR + WARM_UP) * DAY
#: The youngest products are new when the measures begin.
PLAN = Plan(
    seed=20,
    customers=1,
    start=_START,
    end=_MEASURED + (RUN_DAYS + AFTER) * DAY,
    live_from=_MEASURED,
    sales_days=0,
    stores=2,
    store_products=150,
)
#: A forecast that learns takes minutes of a processor for more series.
SMALL = replace(PLAN, stores=1, store_products=100)


#: The means of the 28 days after a column: [S, 28]; and the class of each series: [S].
SeriesMeans = tuple[Callable[[int], Floats], Codes]


@dataclass(frozen=True, slots=True)
class SeriesForecast:
    """The forecast of S series.

    Args:
        means: returns the means of the 28 days after a column: [S, 28].
        code: [S] class of each series, by which its dispersion is fitted.
    """

    means: Callable[[int], Floats]
    code: Codes

    @property
    def classes(self) -> int:
        """Return the number of classes."""
        return int(self.code.max(initial=0)) + 1


def first_measured(world: World) -> int:
    """Return the first column that a run measures."""
    return world.days.count - AFTER - RUN_DAYS


def _first_night(world: World) -> int:
    return first_measured(world) - WARM_UP - 1


def true_forecast(world: World) -> SeriesForecast:
    """Return the true expectation as a forecast, which no forecast can beat."""

    def means(night: int) -> Floats:
        return world.expected[:, night + 1 : night + 1 + HORIZON]

    return SeriesForecast(means, world.series.demand_class)


def learnt_forecast(
    world: World, forecaster: Callable[[World, int], SeriesMeans]
) -> SeriesForecast:
    """Return a forecast that learns before the backtest of its dispersion, and never again."""
    means, code = forecaster(world, _first_night(world) - ORIGINS * HORIZON)
    return SeriesForecast(cache(means), code)


def trial(world: World, forecast: SeriesForecast) -> tuple[Trial, Floats]:
    """Return the trial of a world, and the deviation of a day's demand about its forecast: [P].

    Dispersion and deviation come from the days before the trial, and from sales only. A day on
    which a series had no stock for a part of the day is missing.

    Args:
        world: with at least a year before the first night.
        forecast: of its series; it may know no more than each night knew.
    """
    goods, product, night = world.products, world.series.product, _first_night(world)
    origins = night - HORIZON * np.arange(ORIGINS, 0, -1)
    seen = np.where(world.stock_share >= 1.0, world.units, np.nan)
    actual = np.concatenate([seen[:, one + 1 : one + 1 + HORIZON] for one in origins.tolist()])
    mean = np.concatenate([forecast.means(one) for one in origins.tolist()])
    code = np.tile(forecast.code, ORIGINS)
    by_class = dispersion.fit(actual, mean, code, forecast.classes).take(forecast.code)
    usual = mean.reshape(ORIGINS, -1, HORIZON).mean(axis=(0, 2))
    of_products = dispersion.of_sums(by_class, usual, product, len(goods))
    market = _market(world, night)

    def by_product(column: int) -> Floats:
        return _sums(forecast.means(column), product, len(goods))

    error = (actual - mean).reshape(ORIGINS, -1, HORIZON)
    known = np.maximum(np.isfinite(error).sum(axis=(0, 2)), 1)
    variance = np.nansum(error**2, axis=(0, 2)) / known
    deviation = np.sqrt(np.bincount(product, variance, len(goods)))
    return Trial(market, by_product, of_products, first_measured(world)), deviation


def _market(world: World, night: int) -> Market:
    goods, product = world.products, world.series.product
    seen = _sums(world.units, product, len(goods))[:, night + 1 - YEAR : night + 1]
    margin = (goods.price - goods.cost) * seen.sum(axis=1)
    weeks = seen.reshape(len(goods), -1, WEEK).sum(axis=2)
    names = [
        f"{store}/{number}"
        for store, number in zip(goods.store.tolist(), goods.number.tolist(), strict=True)
    ]
    return Market(
        keys=keys_of(names),
        demand=_sums(world.demand, product, len(goods)).astype(np.int64),
        first_day=world.days.first,
        lead_time=goods.lead_time,
        deviation=goods.lead_time_sd,
        lead_times=world.lead_times,
        order_days=goods.order_days,
        packing=Packing(goods.pack, goods.minimum_order),
        target=classes.target(classes.by_value(margin), classes.by_steadiness(weeks)),
    )


def _sums(of_series: Floats | Integers, product: Codes, products: int) -> Floats:
    """Return the sums over the series of each product: [P, D]."""
    sums = np.zeros((products, of_series.shape[1]))
    np.add.at(sums, product, of_series)
    return sums
