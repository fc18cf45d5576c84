"""Make the customers: their homes, rhythms, amounts and usual merchants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.synthesize.merchants import Merchants
from features.synthesize.places import Places
from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64, Stream, generator, pick

SEGMENTS: tuple[str, ...] = (
    '["retail"]', '["retail","new"]', '["student"]', '["student","new"]', '["premium"]',
    '["premium","business"]', '["business"]', '["senior"]', '["retail","family"]', "[]",
)  # fmt: skip
_SEGMENT_SHARES = np.array([0.40, 0.06, 0.08, 0.02, 0.08, 0.03, 0.07, 0.10, 0.12, 0.04])
# shares of a customer's visits to each usual merchant
USUAL_SHARES: F64 = np.array([0.30, 0.20, 0.14, 0.11, 0.09, 0.07, 0.05, 0.04])
BINS_PER_COUNTRY = 4
_USUAL_ONLINE = 0.35
_HEAVY_CUSTOMERS, _HEAVY_ROWS = 0.01, 0.30


@dataclass(frozen=True, slots=True)
class Customers:
    """All customers, ordered by group (time zone and rhythm), so a group is an index range.

    Args:
        home: index of the home place.
        level: log of the factor by which the customer's amounts differ from the median.
        per_day: mean transactions per day.
        app_share: share of online transactions in an app.
        devices: number of devices in use, 1 to 3.
        segment: index into `SEGMENTS`.
        risk: the bank's risk score in thousandths.
        card_bin: index of the issuer number.
        usual: usual merchants, one row per customer, most visited first.
        cumulative: running total of `per_day`, starting at 0.
        bounds: first customer of each group, and the end.
        group_zone: time zone of each group.
        group_rhythm: rhythm of each group.
    """

    home: I64
    level: F64
    per_day: F64
    app_share: F64
    devices: I64
    segment: I64
    risk: I64
    card_bin: I64
    usual: NDArray[np.int32]
    cumulative: F64
    bounds: I64
    group_zone: I64
    group_rhythm: I64

    def victims(self, draws: F64) -> I64:
        """Choose a customer per draw in [0, 1), weighted by transactions per day."""
        return pick(self.cumulative[1:], draws)


def build(plan: Plan, places: Places, merchants: Merchants) -> Customers:
    """Make the customers of a plan."""
    rng = generator(plan.seed, Stream.CUSTOMERS)
    count = plan.customers
    home = pick(np.cumsum(places.weights), rng.random(count))
    rhythm = pick(np.cumsum([0.70, 0.25, 0.05]), rng.random(count))
    group = places.zone[home] * 3 + rhythm
    order = np.argsort(group, kind="stable")
    home, group = home[order], group[order]
    groups, first = np.unique(group, return_index=True)
    per_day = _rates(plan, rng)
    return Customers(
        home=home,
        level=rng.normal(0.0, 0.55, count),
        per_day=per_day,
        app_share=rng.beta(2, 2, count),
        devices=1 + pick(np.cumsum([0.55, 0.35, 0.10]), rng.random(count)),
        segment=pick(np.cumsum(_SEGMENT_SHARES), rng.random(count)),
        risk=np.rint(1000 * rng.beta(2, 10, count)).astype(np.int64),
        card_bin=places.countries[home] * BINS_PER_COUNTRY
        + np.minimum(rng.geometric(0.5, count) - 1, BINS_PER_COUNTRY - 1),
        usual=_usual(merchants, home, rng),
        cumulative=np.concatenate([[0.0], np.cumsum(per_day)]),
        bounds=np.append(first, count),
        group_zone=groups // 3,
        group_rhythm=groups % 3,
    )


def _rates(plan: Plan, rng: np.random.Generator) -> F64:
    """Return each customer's transactions per day; their mean is the plan's rate."""
    weights = rng.lognormal(0.0, 0.7, plan.customers)
    if plan.skew:
        heavy = rng.permutation(plan.customers)[: max(1, round(plan.customers * _HEAVY_CUSTOMERS))]
        others = weights.sum() - weights[heavy].sum()
        if others > 0:
            weights[heavy] *= others * _HEAVY_ROWS / (1 - _HEAVY_ROWS) / weights[heavy].sum()
    rates: F64 = weights * (plan.rows_per_day / weights.sum())
    return rates


def _usual(merchants: Merchants, home: I64, rng: np.random.Generator) -> NDArray[np.int32]:
    """Choose the usual merchants of each customer, near home or online."""
    usual = np.empty((len(home), len(USUAL_SHARES)), np.int32)
    for slot in range(len(USUAL_SHARES)):
        place = np.where(rng.random(len(home)) < _USUAL_ONLINE, merchants.online, home)
        usual[:, slot] = merchants.choose(place, rng.random(len(home)))
    return usual
