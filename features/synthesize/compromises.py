"""Compromise merchants: for some weeks most of their transactions are fraudulent."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from features.synthesize.calendar import DAY_MS, Span
from features.synthesize.customers import USUAL_SHARES
from features.synthesize.randomness import F64, I64, Stream, generator
from features.synthesize.rows import Rows, Scenario
from features.synthesize.scripts import SHARES
from features.synthesize.world import World

_EPOCH_DAYS = 14  # each epoch of this length since 1970 has its own compromises
_DAYS = (21, 42)  # shortest and longest compromise
_EPOCHS_BACK = -(-_DAYS[1] // _EPOCH_DAYS)
_FRAUDULENT = 0.7  # share of the transactions at a compromised merchant
_USUAL, _EXPLORED_ONLINE = 0.75, 0.35  # approximate shares of the traffic; see activity


@dataclass(slots=True)
class Compromises:
    """The compromised merchants and the times of their compromises."""

    world: World
    _epochs: dict[int, tuple[I64, I64]] = field(default_factory=dict)
    _traffic: F64 | None = None

    def apply(self, rows: Rows, span: Span) -> None:
        """Turn honest rows at compromised merchants into fraud, in place."""
        is_open = np.zeros(len(rows), bool)
        epoch = span.day // _EPOCH_DAYS
        for past in range(epoch - _EPOCHS_BACK, epoch + 1):
            start, end = self._intervals(past)
            is_open |= (rows.at >= start[rows.merchant]) & (rows.at < end[rows.merchant])
        rng = generator(self.world.plan.seed, Stream.COMPROMISES, 1, span.key)
        struck = is_open & (rng.random(len(rows)) < _FRAUDULENT)
        factor = rng.lognormal(0.25, 0.4, len(rows))
        rows.usd = np.where(struck, np.minimum(rows.usd * factor, 20_000), rows.usd)
        rows.scenario[struck] = Scenario.COMPROMISED_MERCHANT

    def _intervals(self, epoch: int) -> tuple[I64, I64]:
        """Return begin and end per merchant, in epoch milliseconds; both are equal for none."""
        if epoch not in self._epochs:
            self._epochs = {
                key: kept for key, kept in self._epochs.items() if key >= epoch - _EPOCHS_BACK
            }
            self._epochs[epoch] = self._draw(epoch)
        return self._epochs[epoch]

    def _draw(self, epoch: int) -> tuple[I64, I64]:
        plan = self.world.plan
        rng = generator(plan.seed, Stream.COMPROMISES, 0, epoch)
        if self._traffic is None:
            self._traffic = _traffic(self.world)
        count = len(self._traffic)
        start = (epoch + rng.random(count)) * _EPOCH_DAYS
        days = _DAYS[0] + rng.random(count) * (_DAYS[1] - _DAYS[0])
        aim = plan.fraud_rate * SHARES[Scenario.COMPROMISED_MERCHANT] / _FRAUDULENT
        weight = self._traffic * days / _EPOCH_DAYS
        order = rng.permutation(count)
        order = order[(weight[order] > 0) & (weight[order] <= aim)]
        reached = np.cumsum(weight[order])
        struck = order[reached - weight[order] / 2 <= aim]
        begins, ends = np.zeros(count, np.int64), np.zeros(count, np.int64)
        begins[struck] = (start[struck] * DAY_MS).astype(np.int64)
        ends[struck] = ((start + days)[struck] * DAY_MS).astype(np.int64)
        return begins, ends


def _traffic(world: World) -> F64:
    """Return each merchant's approximate share of the honest traffic."""
    people, shops = world.customers, world.merchants
    share = np.zeros(len(shops.category))
    for slot, weight in enumerate(USUAL_SHARES):
        visits = np.bincount(people.usual[:, slot], people.per_day, len(share))
        share += _USUAL * weight * visits
    by_place = np.bincount(people.home, people.per_day, shops.online + 1) * (1 - _EXPLORED_ONLINE)
    by_place[shops.online] = people.per_day.sum() * _EXPLORED_ONLINE
    local = np.bincount(shops.place, shops.popularity, shops.online + 1)
    share += (1 - _USUAL) * by_place[shops.place] * shops.popularity / local[shops.place]
    relative: F64 = share / people.per_day.sum()
    return relative
