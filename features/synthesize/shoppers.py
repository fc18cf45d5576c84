"""Make the customers of a merchant: type, lifetime, pace of purchases and taste.

A customer buys for the first time, then at a steady pace until the customer is gone, which the
merchant never sees: the world that models of customer value assume (Schmittlein, Morrison and
Colombo 1987: gamma paces, exponential lifetimes). Types differ in both, and in more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.synthesize.calendar import DAY_MS, epoch_ms
from features.synthesize.catalogue import Catalogue
from features.synthesize.customers import Customers
from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64, Stream, generator, pick


@dataclass(frozen=True, slots=True)
class ShopperType:
    """How the customers of one type buy.

    Args:
        name: of the type.
        share: of the customers.
        gap_days: mean days between two purchases.
        shape: of the gamma distribution of paces; a small shape means that customers differ.
        life_days: mean lifetime.
        lines: mean number of lines of an order beyond the first.
        in_season: factor of the pace in the strongest weeks of the year.
        in_promotion: factor of the pace during a promotion.
        coupons: share of lines outside promotions with a coupon.
        returns: share of orders of which lines are returned.
    """

    name: str
    share: float
    gap_days: float
    shape: float
    life_days: float
    lines: float
    in_season: float
    in_promotion: float
    coupons: float
    returns: float


TYPES = (
    ShopperType("loyal", 0.15, 9, 4.0, 1200, 4.0, 1.2, 1.2, 0.02, 0.03),
    ShopperType("regular", 0.30, 24, 2.5, 600, 3.0, 1.4, 1.3, 0.03, 0.05),
    ShopperType("bargain_hunter", 0.20, 45, 2.0, 500, 3.0, 1.3, 4.0, 0.15, 0.09),
    ShopperType("seasonal", 0.15, 90, 2.0, 900, 5.0, 6.0, 1.3, 0.02, 0.08),
    ShopperType("trier", 0.20, 60, 1.0, 60, 1.0, 1.2, 1.5, 0.04, 0.12),
)
_OTHER_BANKS = 0.25  # customers with a card of another bank, as a share of those with ours
_AT_START = 0.5  # customers that bought before the first day of the sales
_PAST_DAYS, _COMING_DAYS = 300, 600  # first purchases spread over these days around that day
_NEVER_NAMED = 0.06  # customers that always buy as guests
_FAVOURITE, _SECOND = 0.45, 0.2  # shares of demand beyond the general demand


@dataclass(frozen=True, slots=True)
class Shoppers:
    """One entry per customer of a merchant.

    Args:
        customer: number of the customer; from the plan's number on, the card is not ours.
        kind: index into `TYPES`.
        pace: purchases per day outside seasons and promotions.
        born: day of the first purchase, in days since 1970.
        gone: day after the last possible purchase.
        level: log of the factor by which baskets differ in size.
        favourite, second: indexes of categories.
        is_guest: True for a customer that the merchant never recognises.
        store_share: share of orders in a store.
        app_share: share of the other orders in an app.
    """

    customer: I64
    kind: I64
    pace: F64
    born: I64
    gone: I64
    level: F64
    favourite: I64
    second: I64
    is_guest: NDArray[np.bool_]
    store_share: F64
    app_share: F64

    def __len__(self) -> int:
        return len(self.customer)


def build(plan: Plan, people: Customers, catalogue: Catalogue, seller: int) -> Shoppers:
    """Draw the customers of one merchant."""
    rng = generator(plan.seed, Stream.SHOPPERS, seller)
    ours = np.flatnonzero(rng.random(plan.customers) < plan.shopper_share)
    others = plan.customers * (1 + seller) + np.arange(round(len(ours) * _OTHER_BANKS))
    customer = np.concatenate([ours, others])
    count = len(customer)
    kind = pick(np.cumsum([shopper.share for shopper in TYPES]), rng.random(count))
    shape = per_type("shape")[kind]
    born = _births(plan, rng, count)
    life = 1 + rng.exponential(per_type("life_days")[kind]).astype(np.int64)
    level = np.concatenate([people.level[ours], rng.normal(0.0, 0.55, len(others))])
    favourite, second = (pick(np.cumsum(catalogue.demand), rng.random(count)) for _ in range(2))
    return Shoppers(
        customer=customer,
        kind=kind,
        pace=rng.gamma(shape, 1 / shape) / per_type("gap_days")[kind],
        born=born,
        gone=born + life,
        level=0.5 * level,
        favourite=favourite,
        second=second,
        is_guest=rng.random(count) < _NEVER_NAMED,
        store_share=rng.beta(4, 2, count) if seller % 2 == 0 else rng.beta(1, 4, count),
        app_share=np.concatenate([people.app_share[ours], rng.beta(2, 2, len(others))]),
    )


def tastes(shoppers: Shoppers, catalogue: Catalogue) -> F64:
    """Return the share of each category in the demand of each customer."""
    count = len(shoppers)
    shares = np.tile((1 - _FAVOURITE - _SECOND) * catalogue.demand, (count, 1))
    shares[np.arange(count), shoppers.favourite] += _FAVOURITE
    shares[np.arange(count), shoppers.second] += _SECOND
    return shares


def categories(shoppers: Shoppers, catalogue: Catalogue, buyer: I64, draws: F64) -> I64:
    """Draw a category by the taste of each customer; `draws` has two rows in [0, 1)."""
    general = pick(np.cumsum(catalogue.demand), draws[1])
    chosen = np.where(draws[0] < _FAVOURITE, shoppers.favourite[buyer], shoppers.second[buyer])
    return np.where(draws[0] < _FAVOURITE + _SECOND, chosen, general)


def per_type(name: str) -> F64:
    """Return one number of all types, in their order."""
    return np.array([getattr(shopper, name) for shopper in TYPES], np.float64)


def _births(plan: Plan, rng: np.random.Generator, count: int) -> I64:
    """Draw the days of first purchases: half of them lie before the first day of the sales."""
    first_day = epoch_ms(plan.sales_start) // DAY_MS
    draws = rng.random((2, count))
    days = np.where(draws[0] < _AT_START, -1 - draws[1] * _PAST_DAYS, draws[1] * _COMING_DAYS)
    born: I64 = first_day + np.floor(days).astype(np.int64)
    return born
