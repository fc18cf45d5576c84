"""Make the products of the stores: category, price, cost, supplier, and the days of their life."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.synthesize.calendar import DAY_MS, epoch_ms
from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64
from features.synthesize.stores.assortment import Assortment
from features.synthesize.stores.draws import Draw, allot, between, draws

Flags = NDArray[np.bool_]
#: Weekdays as the feed of products names them.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NEVER = 2**31 - 1
_SPREAD = 0.35
_NEW_DAYS = (7.0, 56.0)  # ages of the younger half of the new products when history ends
_FEW_DAYS = 7  # a pack and a minimum order are at most the demand of some days


@dataclass(frozen=True, slots=True)
class Products:
    """P products, ordered by store.

    Args:
        store: number of the store.
        number: of the product in its store.
        category: index into the categories of the assortment.
        kind: 0 or 1, the type within the category.
        price: first list price, in cents.
        cost: of a piece, in cents.
        pack: pieces.
        minimum_order: pieces; whole packs.
        lead_time: mean days from an order to its receipt.
        lead_time_sd: days.
        order_days: [P, 7] weekdays on which orders leave, Monday first.
        order_text: index into the texts of the assortment for these weekdays.
        shelf_life: days; 0 = does not expire.
        cover_days: that an order covers beyond the reorder point.
        born: first day with demand, in days since 1970; before the world for most products.
        dies: first day without demand.
        is_seasonal, is_promoted, is_stocked_out, is_new, is_dead, is_central: by the shares.
    """

    store: I64
    number: I64
    category: I64
    kind: I64
    price: I64
    cost: I64
    pack: I64
    minimum_order: I64
    lead_time: F64
    lead_time_sd: F64
    order_days: Flags
    order_text: I64
    shelf_life: I64
    cover_days: F64
    born: I64
    dies: I64
    is_seasonal: Flags
    is_promoted: Flags
    is_stocked_out: Flags
    is_new: Flags
    is_dead: Flags
    is_central: Flags

    def __len__(self) -> int:
        return len(self.store)


def build(plan: Plan, assortment: Assortment, units: F64) -> Products:
    """Make the products of all stores of a plan.

    Args:
        plan: the plan.
        assortment: the configuration.
        units: [P] mean pieces per day of both channels together.
    """
    rng, count = draws(plan, Draw.PRODUCTS), plan.stores * plan.store_products
    shares, supply, categories = assortment.shares, assortment.supply, assortment.categories
    seasonal, promoted, stocked_out, central = (
        allot(rng, count, [share]) == 0
        for share in (shares.seasonal, shares.promoted, shares.stocked_out, shares.central)
    )
    life = allot(rng, count, [shares.new, shares.dead])
    number = np.tile(np.arange(plan.store_products), plan.stores)
    category = number % len(categories)
    price = 100 * np.array([entry.price for entry in categories])[category]
    price = np.maximum(np.rint(price * np.exp(_SPREAD * rng.standard_normal(count))), 20)
    cost_share = rng.uniform(*supply.cost_share, count)
    pack = _packs(rng, supply.packs, units)
    lead_time = between(rng, count, supply.lead_time_days)
    text = rng.integers(0, len(supply.order_days), count)
    weekdays = np.array([_weekdays(entry) for entry in supply.order_days])
    born, dies = _lives(plan, rng, life)
    return Products(
        store=np.repeat(np.arange(plan.stores), plan.store_products),
        number=number,
        category=category,
        kind=number // len(categories) % 2,
        price=price.astype(np.int64),
        cost=np.rint(price * cost_share).astype(np.int64),
        pack=pack,
        minimum_order=pack * rng.integers(1, 3, count),
        lead_time=np.round(lead_time, 1),
        lead_time_sd=np.round(lead_time * rng.uniform(*supply.lead_time_sd_share, count), 2),
        order_days=weekdays[text],
        order_text=text,
        shelf_life=np.array([entry.shelf_life_days or 0 for entry in categories])[category],
        cover_days=rng.uniform(*supply.cover_days, count),
        born=born,
        dies=dies,
        is_seasonal=seasonal,
        is_promoted=promoted,
        is_stocked_out=stocked_out,
        is_new=life == 0,
        is_dead=life == 1,
        is_central=central,
    )


def _packs(rng: np.random.Generator, packs: tuple[int, ...], units: F64) -> I64:
    """Choose a pack that a week of demand can use up."""
    sizes = np.array(packs)
    fitting = np.searchsorted(sizes, np.maximum(units * _FEW_DAYS, sizes[0]), side="right")
    chosen: I64 = sizes[(rng.random(len(units)) * fitting).astype(np.int64)]
    return chosen


def _weekdays(text: str) -> list[bool]:
    return [not text or name in text.split() for name in WEEKDAYS]


def _lives(plan: Plan, rng: np.random.Generator, life: I64) -> tuple[I64, I64]:
    """Draw first and last days: half of the new products are young when history ends."""
    start, live = epoch_ms(plan.sales_start) // DAY_MS, epoch_ms(plan.live_from) // DAY_MS
    span, (few, many) = max(live - start, 1), _NEW_DAYS
    place = rng.random((2, len(life)))
    young = live - few - place[0] * (many - few)
    born = np.where(np.arange(len(life)) % 2 == 0, young, start + (0.1 + 0.8 * place[0]) * span)
    born = np.maximum(np.floor(born), start + 1).astype(np.int64)
    dies = np.floor(start + (0.4 + 0.55 * place[1]) * span).astype(np.int64) + 1
    return np.where(life == 0, born, start - 1), np.where(life == 1, dies, NEVER)
