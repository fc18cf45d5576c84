"""Make fraud episodes: run each script on its victims, day by day."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

from features.synthesize.calendar import DAY_MS, HOUR_MS, Span, utc_offset_hours
from features.synthesize.randomness import F64, I64, U64, Stream, generator, mix
from features.synthesize.rows import Rows, Scenario, concatenate
from features.synthesize.scripts import SCRIPTS, SHARES, Script
from features.synthesize.world import World

_REACH_DAYS = 4  # longest duration of an episode
_RING_DAYS = 14  # a ring of thieves keeps its devices for this time


@dataclass(slots=True)
class Episodes:
    """A cache of the episodes of the last days; the key of a day gives the same episodes again."""

    world: World
    _days: OrderedDict[int, Rows] = field(default_factory=OrderedDict)

    def within(self, span: Span) -> Rows:
        """Return the rows of all episodes within a span."""
        parts = []
        # a local night may begin on the UTC day before
        for day in range(span.day - _REACH_DAYS, span.day + 2):
            rows = self._begun_on(day)
            parts.append(rows.take((rows.at >= span.start) & (rows.at < span.end)))
        return concatenate(parts)

    def _begun_on(self, day: int) -> Rows:
        if day not in self._days:
            episodes = [make_episodes(self.world, scenario, day) for scenario in SCRIPTS]
            self._days[day] = concatenate(episodes)
            while len(self._days) > _REACH_DAYS + 3:
                self._days.popitem(last=False)
        return self._days[day]


def make_episodes(world: World, scenario: Scenario, day: int) -> Rows:
    """Make all rows of a scenario's episodes that begin on a day."""
    plan, script = world.plan, SCRIPTS[scenario]
    rng = generator(plan.seed, Stream.EPISODES, day, scenario)
    expected = plan.rows_per_day * plan.fraud_rate * SHARES[scenario]
    count = rng.poisson(expected / (script.least + script.more))
    victim = world.customers.victims(rng.random(count))
    episode = np.repeat(np.arange(count), script.least + rng.poisson(script.more, count))
    at = _beginnings(world, script, victim, day, rng)[episode] + _steps(script, episode, rng)
    elsewhere = rng.integers(0, len(world.places.codes), count)
    is_elsewhere = rng.random(count) < script.elsewhere
    place = np.where(is_elsewhere, elsewhere, world.customers.home[victim])[episode]
    customer, rows = victim[episode], len(episode)
    merchant = _targets(world, script, episode, place, rng)
    sold_at = world.place_of_sale(merchant, place)
    own = (rng.random(count) < script.own_device)[episode]
    ring, draws = _ring_devices(world, scenario, day, rng.random(count))[episode], rng.random(rows)
    own_address = world.own_address(customer, place, at, draws)
    return Rows(
        at=at,
        customer=customer,
        merchant=merchant,
        usd=_amounts(world, script, customer, merchant, rng),
        place=sold_at,
        abroad=sold_at != world.customers.home[customer],
        channel=world.channel(customer, merchant, rng.random(rows)),
        device=np.where(own, world.own_device(customer, at, draws), ring),
        address=np.where(own, own_address, mix(ring, at // DAY_MS)),
        scenario=np.full(rows, scenario, np.int64),
        kind=np.zeros(rows, np.int64),
    )


def _beginnings(
    world: World, script: Script, victim: I64, day: int, rng: np.random.Generator
) -> I64:
    """Draw the begin of each episode: at any time, or in the night at the victim's home."""
    draws = rng.random(len(victim))
    if not script.at_night:
        anytime: I64 = day * DAY_MS + (draws * DAY_MS).astype(np.int64)
        return anytime
    offsets = np.array([utc_offset_hours(zone, day * 24) for zone in world.places.zones])
    offset = offsets[world.places.zone[world.customers.home[victim]]]
    at_night: I64 = day * DAY_MS + ((5 * draws - offset) * HOUR_MS).astype(np.int64)
    return at_night


def _steps(script: Script, episode: I64, rng: np.random.Generator) -> I64:
    """Draw the time of each row since the begin of its episode."""
    gaps = (rng.exponential(script.gap_ms, len(episode))).astype(np.int64)
    gaps[rng.random(len(episode)) < script.same_instant] = 0
    first = np.flatnonzero(np.diff(episode, prepend=-1))
    elapsed = np.cumsum(gaps)
    since: I64 = elapsed - np.repeat(elapsed[first], np.diff(np.append(first, len(episode))))
    return np.minimum(since, (_REACH_DAYS - 1) * DAY_MS)


def _targets(
    world: World, script: Script, episode: I64, place: I64, rng: np.random.Generator
) -> I64:
    """Draw the merchants, with preference for goods that thieves can resell."""
    shops = world.merchants
    in_shop = rng.random(len(episode)) < script.in_shops
    where = np.where(in_shop, place, shops.online)
    merchant = shops.choose(where, rng.random(len(episode)), thief=True)
    if script.one_merchant and len(episode):
        merchant = merchant[np.searchsorted(episode, episode)]
    return merchant


def _ring_devices(world: World, scenario: Scenario, day: int, draws: F64) -> U64:
    """Return a device for each episode, of one of the rings active in these weeks."""
    rings = 3 + int(world.plan.rows_per_day * world.plan.fraud_rate / 4)
    ring = (draws * rings).astype(np.int64)
    return mix(world.plan.seed, ring, day // _RING_DAYS, int(scenario), 7)


def _amounts(
    world: World, script: Script, customer: I64, merchant: I64, rng: np.random.Generator
) -> F64:
    """Draw the amounts in USD: multiples of everyday amounts, or small amounts."""
    normal = rng.standard_normal(len(customer))
    if script.factor is None:
        return np.clip(1.5 * np.exp(script.spread * normal), 0.2, 30.0)
    everyday = world.amount(customer, merchant, np.zeros(len(customer)))
    return np.clip(everyday * script.factor * np.exp(script.spread * normal), 1.0, 20_000.0)
