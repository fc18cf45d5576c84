"""Make the card side of sales: each order of a card holder is a card transaction.

Customer, merchant, moment and amount are those of the order, in the currency of the shop. A return
is a refund, a cancellation is a reversal. Customers with a card of another bank have none.
"""

from __future__ import annotations

import numpy as np

from features.synthesize import rows as cards
from features.synthesize.calendar import Span
from features.synthesize.kinds import PURCHASE, REFUND, REVERSAL
from features.synthesize.orders import Event, Lines, Seller
from features.synthesize.randomness import I64, mix, share
from features.synthesize.rows import Rows, Scenario
from features.synthesize.world import World

_MOST_ORDERS = 10**7  # of a day
_CARD_CHANNELS = np.array([cards.CHANNELS.index(name) for name in ("pos", "web", "app")])
_KINDS = np.array([PURCHASE, REFUND, REVERSAL])


def payments(lines: Lines) -> tuple[I64, I64]:
    """Return the first line of each order and event, and the cents of all its lines."""
    key = (lines.day * _MOST_ORDERS + lines.order) * len(Event) + lines.event
    _, first, payment = np.unique(key, return_index=True, return_inverse=True)
    cents = np.zeros(len(first), np.int64)
    np.add.at(cents, payment, lines.net)
    return first, cents


def within(world: World, seller: Seller, span: Span) -> Rows:
    """Return the card transactions of a merchant's orders in a span."""
    lines = seller.within(span.start, span.end)
    lines = lines.take(seller.shoppers.customer[lines.buyer] < world.plan.customers)
    first, cents = payments(lines)
    paid, count = lines.take(first), len(first)
    customer = seller.shoppers.customer[paid.buyer]
    place = world.whereabouts(customer, paid.at)
    draws = share(mix(world.plan.seed, customer, paid.at, seller.number, 8))
    return Rows(
        at=paid.at,
        customer=customer,
        merchant=np.full(count, seller.merchant, np.int64),
        usd=cents / 100,
        place=place,
        abroad=place != world.customers.home[customer],
        channel=_CARD_CHANNELS[paid.channel],
        device=world.own_device(customer, paid.at, draws),
        address=world.own_address(customer, place, paid.at, draws),
        scenario=np.full(count, Scenario.NONE, np.int64),
        kind=_KINDS[paid.event],
    )
