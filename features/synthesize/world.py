"""Make the world of the traffic: places, merchants, customers and their habits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.synthesize import customers as people
from features.synthesize import merchants as shops
from features.synthesize import places as geography
from features.synthesize.calendar import DAY_MS
from features.synthesize.plan import Plan
from features.synthesize.randomness import F64, I64, U64, mix, pick, share
from features.synthesize.rows import APP, ATM, PHONE, POS, WEB

WEEK_MS = 7 * DAY_MS
_TRAVELS_A_WEEK = 0.03
_DEVICE_DAYS = 300  # a device is replaced after this time
_SHARED_HOUSEHOLDS = 0.15
_MOBILE_SHARE = 0.25
_PHONE_ORDERS = 0.01


@dataclass(frozen=True, slots=True)
class World:
    """The parts of the world that do not change over time."""

    plan: Plan
    places: geography.Places
    merchants: shops.Merchants
    customers: people.Customers

    def whereabouts(self, customer: I64, at: I64) -> I64:
        """Return the place of each customer: the home, or a trip's place in that week."""
        trip = mix(self.plan.seed, customer, at // WEEK_MS, 1)
        place = self.customers.home[customer]
        away = np.flatnonzero(share(trip) < _TRAVELS_A_WEEK)
        place[away] = pick(np.cumsum(self.places.weights), share(mix(trip[away])))
        return place

    def own_device(self, customer: I64, at: I64, draws: F64) -> U64:
        """Return the key of a device of the customer, usually the first device."""
        slot = (draws * draws * self.customers.devices[customer]).astype(np.int64)
        shift = (mix(self.plan.seed, customer, slot, 2) % np.uint64(_DEVICE_DAYS)).astype(np.int64)
        generation = (at // DAY_MS + shift) // _DEVICE_DAYS
        return mix(self.plan.seed, self._household(customer, slot), slot, generation, 3)

    def own_address(self, customer: I64, place: I64, at: I64, draws: F64) -> U64:
        """Return the key of the customer's address: at home, or shared by a mobile carrier."""
        home = mix(self.plan.seed, self._household(customer, 1), at // (8 * WEEK_MS), 4)
        shared = mix(self.plan.seed, place, (draws * 4096).astype(np.int64) % 256, 5)
        is_home = (draws >= _MOBILE_SHARE) & (place == self.customers.home[customer])
        return np.where(is_home, home, shared)

    def channel(self, customer: I64, merchant: I64, draws: F64) -> I64:
        """Return the channel, which depends on the merchant and the customer's habit."""
        is_online = self.merchants.place[merchant] == self.merchants.online
        is_cash = self.merchants.category[merchant] == shops.CASH
        online = np.where(draws < self.customers.app_share[customer], APP, WEB)
        offline = np.where(is_cash, ATM, np.where(draws < _PHONE_ORDERS, PHONE, POS))
        return np.where(is_online, online, offline)

    def amount(self, customer: I64, merchant: I64, normal: F64) -> F64:
        """Return an everyday amount in USD from standard normal draws."""
        category = self.merchants.category[merchant]
        median = shops.LOG_MEDIAN_USD[category] + self.customers.level[customer]
        usd: F64 = np.clip(np.exp(median + shops.SPREAD[category] * normal), 0.2, 20_000)
        return usd

    def place_of_sale(self, merchant: I64, otherwise: I64) -> I64:
        """Return the place of the shop; for an online shop, the place of the buyer."""
        place = self.merchants.place[merchant]
        return np.where(place == self.merchants.online, otherwise, place)

    def _household(self, customer: I64, slot: I64 | int) -> I64:
        """Return the household; some neighbours share their second device and address."""
        pair = customer // 2
        shares = share(mix(self.plan.seed, pair, 6)) < _SHARED_HOUSEHOLDS
        return np.where(shares & (np.asarray(slot) == 1), -1 - pair, customer)


def build(plan: Plan) -> World:
    """Make the world of a plan."""
    places = geography.load()
    merchants = shops.build(plan, places)
    return World(plan, places, merchants, people.build(plan, places, merchants))
