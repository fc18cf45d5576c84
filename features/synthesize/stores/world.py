"""Make the world of the stores as arrays: true demand, sales, stock, prices and promotions.

A measurement of forecasts or of stock calls `make` and needs no files; the files of the feeds are
rendered from the same world.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64
from features.synthesize.stores import (
    assortment,
    censoring,
    chances,
    demand,
    expectations,
    pools,
    prices,
    products,
    promotions,
    series,
    span,
    stock,
)
from features.synthesize.stores.products import Flags
from features.synthesize.stores.setting import build as build_setting


@dataclass(frozen=True, slots=True)
class World:
    """S series, P products, L pools of stock, K promotions over D days.

    Args:
        plan: the plan.
        assortment: the configuration with the true parameters per category.
        days: number of the first day since 1970, and D.
        products: category, cost, pack, minimum order, lead time, order days, life.
        series: product, channel and class of each series.
        promotions: product, channel, days, announcement and price.
        pools: product and location of each stock, and the pool of each series.
        baseline: [S, D] true mean of demand at the regular price, without promotions.
        expected: [S, D] true mean of demand, before censoring.
        demand: [S, D] pieces that customers want.
        sold: pieces sold in each part of a day, and the moments of run-outs.
        units: [S, D] sold pieces.
        stock_share: [S, D] share of the hours of the day with stock; 0 before the first day.
        regular_price: [S, D] in dollars, without promotions.
        price: [S, D] in dollars.
        promotion: [S, D] index of the promotion, or -1.
        chances: lead times by day of the order, receipt times and losses.
        stock: [D, L] stock at the start and the end of a day, receipts, orders and losses.
    """

    plan: Plan
    assortment: assortment.Assortment
    days: span.Days
    products: products.Products
    series: series.Series
    promotions: promotions.Promotions
    pools: pools.Pools
    baseline: F64
    expected: F64
    demand: I64
    sold: censoring.Sold
    units: I64
    stock_share: F64
    regular_price: F64
    price: F64
    promotion: I64
    chances: chances.Chances
    stock: stock.Stock

    @property
    def promoted(self) -> Flags:
        """True on the days of a promotion: [S, D]."""
        return self.promotion >= 0

    @property
    def store(self) -> I64:
        """Number of the store of each series: [S]."""
        return self.products.store[self.series.product]

    @property
    def category(self) -> I64:
        """Index of the category of each series in the assortment: [S]."""
        return self.products.category[self.series.product]

    @property
    def announced_day(self) -> I64:
        """Day of the announcement of the promotion of each day, -1 without: [S, D]."""
        days: I64 = np.append(self.promotions.announced, -1)[self.promotion]
        return days

    @property
    def lead_times(self) -> I64:
        """True days from an order at the end of a day to its receipt: [P, D]."""
        return self.chances.lead_times.T


def make(plan: Plan) -> World:
    """Make the world of a plan with one store or more.

    Raises:
        ConfigurationError: the committed configuration does not hold.
    """
    setting = build_setting(plan)
    made, places = setting.series, pools.build(setting.products, setting.series)
    regular = prices.regular(setting)
    offers = promotions.build(setting, regular)
    cents, which = promotions.prices(offers, regular, setting.days)
    truth = expectations.compute(setting, regular, offers, which)
    wanted = demand.draw(plan, made, truth.expected)
    luck = chances.draw(setting, places, wanted)
    run = stock.run(setting, places, wanted, luck)
    sold = censoring.cut(plan, places, wanted, luck, run)
    return World(
        plan=plan,
        assortment=setting.assortment,
        days=setting.days,
        products=setting.products,
        series=made,
        promotions=offers,
        pools=places,
        baseline=truth.baseline,
        expected=truth.expected,
        demand=wanted,
        sold=sold,
        units=sold.units,
        stock_share=sold.stock_share(places),
        regular_price=np.repeat(regular, len(assortment.CHANNELS), axis=0) / 100,
        price=cents / 100,
        promotion=which,
        chances=luck,
        stock=run,
    )
