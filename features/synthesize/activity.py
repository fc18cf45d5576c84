"""Make honest traffic: habits, rhythms, and some new merchants and devices."""

from __future__ import annotations

import numpy as np

from features.synthesize.calendar import HOUR_MS, Span, intensity
from features.synthesize.customers import USUAL_SHARES
from features.synthesize.randomness import F64, I64, Stream, generator, mix, pick
from features.synthesize.rows import Rows, Scenario
from features.synthesize.world import World

_USUAL_MERCHANT = 0.8
_ONLINE_WHEN_EXPLORING = 0.35
_SPREE = 0.01  # share of honest transactions several times as large as usual; they resemble theft
_SPREE_FACTOR = 4.0
_BORROWED_DEVICE = 0.006
HOT_ROWS = 0.29


def honest(world: World, span: Span) -> Rows:
    """Make a span's honest traffic, ordered by time."""
    rng = generator(world.plan.seed, Stream.ACTIVITY, span.key)
    customer, at = _moments(world, span, rng)
    place = world.whereabouts(customer, at)
    merchant = _merchants(world, customer, place, rng)
    count = len(at)
    usd = world.amount(customer, merchant, rng.standard_normal(count))
    spree = rng.random(count) < _SPREE
    usd = np.where(spree, np.minimum(usd * _SPREE_FACTOR, 20_000), usd)
    device = world.own_device(customer, at, rng.random(count))
    borrowed = rng.random(count) < _BORROWED_DEVICE
    place_of_sale = world.place_of_sale(merchant, place)
    return Rows(
        at=at,
        customer=customer,
        merchant=merchant,
        usd=usd,
        place=place_of_sale,
        abroad=place_of_sale != world.customers.home[customer],
        channel=world.channel(customer, merchant, rng.random(count)),
        device=np.where(borrowed, mix(device, at), device),
        address=world.own_address(customer, place, at, rng.random(count)),
        scenario=np.full(count, Scenario.NONE, np.int64),
        kind=np.zeros(count, np.int64),
    )


def _moments(world: World, span: Span, rng: np.random.Generator) -> tuple[I64, I64]:
    """Draw customers and times: a Poisson process per group of customers and hour."""
    people = world.customers
    shares = intensity(world.places.zones, people.group_zone, people.group_rhythm, span)
    low, high = people.cumulative[people.bounds[:-1]], people.cumulative[people.bounds[1:]]
    counts = rng.poisson(shares * (high - low)[:, None])
    group, hour = (np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape))
    at = _instants(span, hour, rng.random(len(hour)))
    draws = low[group] + rng.random(len(group)) * (high - low)[group]
    position = np.searchsorted(people.cumulative, draws, side="right") - 1
    customer = np.clip(position, people.bounds[group], people.bounds[group + 1] - 1)
    order = np.argsort(at, kind="stable")
    return customer[order], at[order]


def _instants(span: Span, hour: I64, draws: F64) -> I64:
    """Spread rows over the part of each hour inside the span."""
    first = span.start // HOUR_MS + hour
    low = np.maximum(first * HOUR_MS, span.start)
    high = np.minimum((first + 1) * HOUR_MS, span.end)
    instants: I64 = low + (draws * (high - low)).astype(np.int64)
    return instants


def _merchants(world: World, customer: I64, place: I64, rng: np.random.Generator) -> I64:
    """Draw the merchant of each transaction: a usual one, or another at the customer's place."""
    shops, count = world.merchants, len(customer)
    slot = pick(np.cumsum(USUAL_SHARES), rng.random(count))
    usual = world.customers.usual[customer, slot].astype(np.int64)
    usual_place = shops.place[usual]
    reachable = (usual_place == shops.online) | (usual_place == place)
    keeps = reachable & (rng.random(count) < _USUAL_MERCHANT)
    online = rng.random(count) < _ONLINE_WHEN_EXPLORING
    other = shops.choose(np.where(online, shops.online, place), rng.random(count))
    merchant = np.where(keeps, usual, other)
    if world.plan.skew:
        hot = shops.hot.start + (rng.random(count) * len(shops.hot)).astype(np.int64)
        merchant = np.where(rng.random(count) < HOT_ROWS, hot, merchant)
    return merchant
