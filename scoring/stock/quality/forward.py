"""Run orders forward on a demand that no rule knows, day by day, with lost sales. Pure.

Each rule meets the same demand and the same lead times, drawn by the number of the product and the
day of the order. The first days only wear the starting stock off; the measures leave them out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Floats, Integers
from scoring.models.dispersion import Dispersion
from scoring.stock.draws import Keys
from scoring.stock.inbound import Inbound
from scoring.stock.lead_times import Supply
from scoring.stock.order_days import next_orders
from scoring.stock.plan import Situation
from scoring.stock.proposals import Packing, Target

#: Returns the means of the days after a column of the demand: [P, H].
Forecast = Callable[[int], Floats]
#: Returns the pieces to order for the products whose order day comes next.
Rule = Callable[[Situation, int], Integers]
WARM_UP = 56
RUN_DAYS = 90


@dataclass(frozen=True, slots=True)
class Market:
    """P products over D days.

    Args:
        keys: [P] of the products.
        demand: [P, D] pieces that customers want.
        first_day: days since 1970 of the first column.
        lead_time: [P] mean, days.
        deviation: [P] of the lead time, days.
        lead_times: [P, D] true lead times of orders that leave on a day.
        order_days: [P, 7] weekdays on which orders leave.
        packing: [P].
        target: [P].
    """

    keys: Keys
    demand: Integers
    first_day: int
    lead_time: Floats
    deviation: Floats
    lead_times: Integers
    order_days: Flags
    packing: Packing
    target: Target

    def supply(self, night: int) -> Supply:
        """Return the supplier data on the night that ends a column."""
        wait, review = next_orders(self.order_days, self.first_day + night)
        return Supply(self.lead_time, self.deviation, wait, review)


@dataclass(frozen=True, slots=True)
class State:
    """The stock and the open orders on a night.

    Args:
        stock: [P] pieces.
        product: [K] of the open orders.
        quantity: [K] pieces.
        due: [K] the column in which a delivery is expected.
        arrival: [K] the column in which it truly arrives.
    """

    stock: Integers
    product: Integers
    quantity: Integers
    due: Integers
    arrival: Integers

    def inbound(self, night: int) -> Inbound:
        """Return the deliveries under way, without their true arrival."""
        return Inbound(self.product, self.quantity, self.due - night)

    def of(self, rows: Flags) -> State:
        """Return the state with the open orders that are selected."""
        return State(self.stock, *(column[rows] for column in self._orders))

    def with_stock(self, stock: Integers) -> State:
        """Return the state with other pieces in stock."""
        return State(stock, *self._orders)

    def with_orders(self, further: State) -> State:
        """Return the state with the open orders of another one."""
        pairs = zip(self._orders, further._orders, strict=True)
        return State(self.stock, *(np.concatenate(pair) for pair in pairs))

    @property
    def _orders(self) -> tuple[Integers, Integers, Integers, Integers]:
        return self.product, self.quantity, self.due, self.arrival


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a rule; each array is [P], of the measured days.

    Args:
        demanded: pieces that customers wanted.
        lost: pieces of them that were not in stock.
        stock: mean pieces at the end of a day.
        orders: number of orders.
    """

    demanded: Integers
    lost: Integers
    stock: Floats
    orders: Integers

    def fill_rate(self, rows: Flags | None = None) -> float:
        """Return the share of demanded pieces that were sold, of all or some products."""
        chosen = slice(None) if rows is None else rows
        return 1.0 - float(self.lost[chosen].sum()) / max(float(self.demanded[chosen].sum()), 1.0)


@dataclass(frozen=True, slots=True)
class Trial:
    """A market and the forecast that all rules see.

    Args:
        market: the demand and the suppliers.
        forecast: of each night.
        dispersion: [P] of the forecast.
        first: the first measured column; the run starts `warm_up` days before.
        days: measured.
        warm_up: days before the measures.
    """

    market: Market
    forecast: Forecast
    dispersion: Dispersion
    first: int
    days: int = RUN_DAYS
    warm_up: int = WARM_UP

    def situation(self, night: int, state: State) -> Situation:
        """Return the state of all products as a rule sees it."""
        market = self.market
        return Situation(
            market.keys,
            self.forecast(night),
            self.dispersion,
            market.supply(night),
            market.packing,
            market.target,
            state.stock,
            state.inbound(night),
        )


def run(trial: Trial, rule: Rule, seen: Callable[[int, State], None] | None = None) -> Result:
    """Return the result of a rule.

    Args:
        trial: the market and the forecast.
        rule: the orders of a night.
        seen: receives each measured night and its state, before the orders of the night.
    """
    market, first = trial.market, trial.first
    state = _start(trial, first - trial.warm_up - 1)
    demanded, lost, stock, orders = np.zeros((4, len(market.keys)), dtype=np.int64)
    for night in range(first - trial.warm_up - 1, first + trial.days - 1):
        is_measured = night + 1 >= first
        if seen and is_measured:
            seen(night, state)
        state, ordered = _ordered(trial, rule, night, state)
        wanted = market.demand[:, night + 1]
        arriving = state.arrival == night + 1
        on_hand = state.stock.copy()
        np.add.at(on_hand, state.product[arriving], state.quantity[arriving])
        state = state.of(~arriving).with_stock(np.maximum(on_hand - wanted, 0))
        if is_measured:
            demanded += wanted
            lost += np.maximum(wanted - on_hand, 0)
            stock += state.stock
            orders += ordered
    return Result(demanded, lost, stock / trial.days, orders)


def _start(trial: Trial, night: int) -> State:
    """Return a stock that lasts as long as an order needs, and no open orders."""
    supply = trial.market.supply(night)
    days = supply.wait + supply.review + supply.lead_time
    stock = np.ceil(trial.forecast(night).mean(axis=1) * days).astype(np.int64)
    none = np.zeros(0, dtype=np.int64)
    return State(stock, none, none, none, none)


def _ordered(trial: Trial, rule: Rule, night: int, state: State) -> tuple[State, Integers]:
    """Return the state with the orders of a night, and whether each product has one: [P]."""
    market = trial.market
    due = np.flatnonzero(market.supply(night).wait == 0)
    quantity = np.zeros(len(market.keys), dtype=np.int64)
    if len(due):
        quantity[due] = rule(trial.situation(night, state).take(due), night)
    product = np.flatnonzero(quantity)
    usual = np.maximum(np.rint(market.lead_time[product]).astype(np.int64), 1)
    further = State(
        state.stock,
        product,
        quantity[product],
        night + 1 + usual,
        night + 1 + market.lead_times[product, night + 1],
    )
    return state.with_orders(further), (quantity > 0).astype(np.int64)
