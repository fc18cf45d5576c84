"""Plan the stock of a night's products: status, outlook, order, transfers and idle stock. Pure.

No product's plan depends on the other products of a chunk: the class by value reads a share that
the features hold, and random numbers follow from the product's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Flags, Floats, Integers, row_sums
from scoring.decision.policy.stock import StockPolicy
from scoring.stock import classes, dead_stock, expiring, expiry, plan, rebalancing
from scoring.stock.draws import keys_of
from scoring.stock.night import Night
from scoring.stock.places import whole
from scoring.stock.plan import Situation
from scoring.stock.proposals import Target
from scoring.stock.rebalancing import Moves

#: Of the random numbers of all plans: the same product has the same numbers every night.
SEED = 20
#: Larger numbers of pieces are no stock and no demand of a day; sums of them would overflow.
MOST_PIECES, MOST_A_DAY = 1e9, 1e6


class Status(StrEnum):
    """Whether a product has a plan, or the first cause of its absence."""

    OK = "ok"
    NO_COUNT = "no_count"  # its stock is unknown
    NO_FORECAST = "no_forecast"  # of a channel in which it sells
    INVALID = "invalid_score"  # numbers beyond all stock


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of P products.

    Args:
        status: [P] words of `Status`.
        expected: [P, H] pieces a day; NaN = unknown.
        stock_class: [P] such as "AX".
        is_dead: [P]; false where no count exists.
        numbers: [P] each other number by its column of the ledger; NaN = none.
        moves: the proposed transfers.
    """

    status: NDArray[np.object_]
    expected: Floats
    stock_class: list[str]
    is_dead: Flags
    numbers: Mapping[str, Floats]
    moves: Moves

    @property
    def has_demand(self) -> Flags:
        """Whether the expected pieces of a product are known and possible: [P]."""
        has_demand: Flags = np.all(self.expected <= MOST_A_DAY, axis=1)
        return has_demand

    @property
    def is_ok(self) -> Flags:
        """Whether a product has a plan: [P]."""
        is_ok: Flags = self.status == Status.OK.value
        return is_ok


def of(night: Night, policy: StockPolicy) -> Plans:
    """Return the plan of each product of a night."""
    expected = night.channels.expected(len(night))
    expected[~night.channels.covers(night.sold_row, night.sold_in, len(night))] = np.nan
    pieces = _pieces(night)
    status = _status(pieces, expected)
    steadiness = classes.of_variations(night.numbers["weekly_variation"])
    value = classes.of_shares(
        night.numbers["value_share_above"], np.nan_to_num(night.numbers["value_364"])
    )
    target = classes.target(value, steadiness, policy.fill_rates)
    planned = np.flatnonzero(status == Status.OK.value)
    situation = _situation(night, planned, pieces, expected, target)
    idle = dead_stock.find(
        whole(np.nan_to_num(pieces["on_hand"])),
        night.numbers["days_since_sale"],
        night.numbers["age_days"],
        row_sums(expected) / expected.shape[1],
        night.numbers["unit_cost"],
    )
    is_counted = np.isfinite(pieces["on_hand"])
    is_idle_known = is_counted & (idle.is_dead | np.isfinite(expected[:, 0]))
    numbers = {
        **pieces,
        "service_level": target.level,
        "excess_units": np.where(is_idle_known, idle.excess, np.nan),
        **_planned(night, planned, situation),
    }
    moves = rebalancing.propose(night, situation, planned, policy.transfers, seed=SEED)
    return Plans(
        status,
        expected,
        classes.names(value, steadiness),
        idle.is_dead & is_counted,
        numbers,
        moves,
    )


def _pieces(night: Night) -> dict[str, Floats]:
    """Return the pieces of each product; NaN where no place was counted, except on order."""
    places, rows = night.places, len(night)
    columns = {
        "on_hand": places.total(places.on_hand, rows),
        "reserved": places.total(places.reserved, rows),
        "buffered": places.total(places.buffered, rows),
        "available": places.available(rows),
    }
    is_counted = places.is_counted(rows)
    inbound = np.bincount(night.inbound.product, night.inbound.quantity, rows).astype(np.float64)
    return {
        **{name: np.where(is_counted, column, np.nan) for name, column in columns.items()},
        "inbound": inbound,
    }


def _status(pieces: Mapping[str, Floats], expected: Floats) -> NDArray[np.object_]:
    is_sound = np.all(expected <= MOST_A_DAY, axis=1)
    for name in ("on_hand", "reserved", "inbound"):
        is_sound &= np.abs(pieces[name]) <= MOST_PIECES
    words = np.select(
        [np.isnan(pieces["on_hand"]), np.isnan(expected[:, 0]), ~is_sound],
        [Status.NO_COUNT.value, Status.NO_FORECAST.value, Status.INVALID.value],
        Status.OK.value,
    )
    return words.astype(object)


def _situation(
    night: Night,
    planned: Integers,
    pieces: Mapping[str, Floats],
    expected: Floats,
    target: Target,
) -> Situation:
    """Return the state of the planned products."""
    every = Situation(
        keys=keys_of(night.products),
        means=expected,
        dispersion=night.channels.dispersion(len(night)),
        supply=night.supply,
        packing=night.packing,
        target=target,
        available=whole(np.nan_to_num(pieces["available"])),
        inbound=night.inbound,
    )
    return every.take(planned)


def _planned(night: Night, planned: Integers, situation: Situation) -> dict[str, Floats]:
    """Return the numbers of the planned products, NaN for the others: [P] each."""
    outlook, proposals = plan.plan(situation, seed=SEED)
    on_hand = whole(night.places.total(night.places.on_hand, len(night)))
    batches = _of_planned(night, planned, expiry.left(night.batches, on_hand))
    of_planned: dict[str, NDArray[np.float64] | Integers] = {
        "days_of_cover": outlook.days_of_cover,
        "run_out_probability": outlook.run_out_probability,
        "unpreventable_probability": outlook.unpreventable_probability,
        "expected_lost": outlook.expected_lost,
        "period_demand": outlook.period_demand,
        "order_in_days": situation.supply.wait,
        "order_need": proposals.need,
        "order_units": proposals.quantity,
        "order_overshoot": proposals.overshoot,
        "saved_units": proposals.saved,
        "expiring_units": expiring.expected(situation, batches, seed=SEED),
    }
    numbers = {}
    for name, values in of_planned.items():
        numbers[name] = np.full(len(night), np.nan)
        numbers[name][planned] = values
    return numbers


def _of_planned(night: Night, planned: Integers, batches: expiry.Batches) -> expiry.Batches:
    """Return the batches of the planned products, by their place among these."""
    place = np.full(len(night), -1, dtype=np.int64)
    place[planned] = np.arange(len(planned))
    product = place[batches.product]
    inside = product >= 0
    return expiry.Batches(product[inside], batches.quantity[inside], batches.expires[inside])
