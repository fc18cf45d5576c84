"""Hold the estimates of generated stores against the generator's true parameters. Pure.

Each store is a merchant of its own, and each category of a store is one case. The measures see
sales, prices and promotions. A day is missing unless the series had stock all day. True gross
uplift is the generator's gain over its baseline on the observed promoted days; true losses are the
generator's shares of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Floats
from features.synthesize.stores.world import World
from scoring.pricing.estimates import estimate
from scoring.pricing.history import History

MEASURES = ("elasticity", "gross uplift", "cannibalisation", "pull-forward", "net uplift")


@dataclass(frozen=True, slots=True)
class Recovery:
    """Truth and estimate of each store and category: every array is [measures, stores, N].

    Args:
        categories: N names.
        truth: NaN where a category had no promotion.
        value: NaN where the category cannot tell.
        low: bound of 95 %.
        high: bound of 95 %.
    """

    categories: list[str]
    truth: Floats
    value: Floats
    low: Floats
    high: Floats

    @property
    def is_told(self) -> Flags:
        """Where there is an estimate."""
        return np.isfinite(self.value)

    @property
    def is_within(self) -> Flags:
        """Where the truth lies between the bounds."""
        return self.is_told & (self.low <= self.truth) & (self.truth <= self.high)

    def within(self, measure: str) -> float:
        """Return the share of the estimates of a measure whose interval holds the truth."""
        place = MEASURES.index(measure)
        return float(self.is_within[place].sum() / max(self.is_told[place].sum(), 1))


def measure(world: World) -> Recovery:
    """Estimate each store of a world, and return the estimates beside the truth."""
    names = [category.name for category in world.assortment.categories]
    shape = (len(MEASURES), world.plan.stores, len(names))
    truth, value, low, high = (np.full(shape, np.nan) for _ in range(4))
    for store in range(world.plan.stores):
        history, expected, baseline = _of_store(world, store)
        found = estimate(history, len(names))
        for code in range(len(names)):
            truth[:, store, code] = _truth(world, history, expected - baseline, baseline, code)
            elasticity, uplift = found.elasticity[code], found.uplift[code]
            intervals = [
                elasticity.shrunken,
                uplift.gross,
                uplift.cannibalisation,
                uplift.pull_forward,
                uplift.net,
            ]
            value[:, store, code] = [interval.value for interval in intervals]
            low[:, store, code] = [interval.low for interval in intervals]
            high[:, store, code] = [interval.high for interval in intervals]
    return Recovery(names, truth, value, low, high)


def history_of(world: World, store: int) -> History:
    """Return what a merchant knows: days with less than a day of stock are missing."""
    rows = world.store == store
    has_stock = world.stock_share[rows] >= 1
    return History(
        np.where(has_stock, world.units[rows].astype(np.float64), np.nan),
        world.price[rows],
        world.promoted[rows],
        world.series.product[rows],
        world.series.channel[rows],
        world.category[rows],
    )


def _of_store(world: World, store: int) -> tuple[History, Floats, Floats]:
    """Return the series that teach, with their true expectation and baseline."""
    history, rows = history_of(world, store), np.flatnonzero(world.store == store)
    teaches = history.teaches
    return (
        history.take(teaches),
        world.expected[rows[teaches]],
        world.baseline[rows[teaches]],
    )


def _truth(
    world: World, history: History, gain: Floats, baseline: Floats, code: int
) -> tuple[float, ...]:
    category = world.assortment.categories[code]
    chosen = (history.category == code)[:, None] & history.promoted & history.is_observed
    gross = float(gain[chosen].sum() / baseline[chosen].sum()) if chosen.any() else np.nan
    others, after = category.cannibalisation * gross, category.pull_forward * gross
    return category.elasticity, gross, others, after, gross - others - after
