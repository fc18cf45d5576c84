"""Hold the rules of a textbook for normal demand: mean times days, deviation times root. Pure.

It is the baseline of the measurements. A stock-out has the probability that a normal demand with
mean mu L and deviation sigma sqrt(L) exceeds the supply. The order point s of the (s, S) rule has
the expected loss of a normal demand (Silver, Pyke and Peterson 1998).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from features.platform.arrays import Floats, Integers
from scoring.stock.inbound import Inbound
from scoring.stock.paths import extended
from scoring.stock.plan import Situation


def run_out_probability(situation: Situation, deviation: Floats) -> Floats:
    """Return the probability of running out within wait, review and mean lead time: [P].

    Args:
        situation: of the products; deliveries that are expected within the period count.
        deviation: [P] of a day's demand.
    """
    days, mean = _period(situation)
    supply = situation.available + _expected(situation.inbound, days)
    # demand is whole pieces: half a piece is the usual correction
    scaled = (supply + 0.5 - mean) / np.maximum(deviation * np.sqrt(days), 1e-9)
    probability: Floats = 1.0 - ndtr(scaled)
    return probability


def order(situation: Situation, deviation: Floats, extra: Floats | float = 0.0) -> Integers:
    """Return the order of an (s, S) rule whose s keeps the target's fill rate: [P].

    S lies a smallest order above s. All deliveries under way count.

    Args:
        situation: of the products.
        deviation: [P] of a day's demand.
        extra: added to the safety factor.
    """
    days, mean = _period(situation)
    spread = np.maximum(deviation * np.sqrt(days), 1e-9)
    lot = situation.packing.least
    cycle = mean / days * situation.supply.review
    permitted = (1.0 - situation.target.level) * np.maximum(cycle, lot)
    factor = safety_factor(permitted / spread) + extra
    point = np.ceil(mean + factor * spread).astype(np.int64)
    everything = np.bincount(
        situation.inbound.product, situation.inbound.quantity, len(situation)
    ).astype(np.int64)
    position = situation.available + everything
    need = np.where(position < point, point - position, 0)
    return situation.packing.order(need)


def safety_factor(loss: Floats) -> Floats:
    """Return the k whose normal loss function has a value: [P]; k lies in [-4, 5].

    Args:
        loss: permitted pieces per deviation.
    """
    low, high = np.full(len(loss), -4.0), np.full(len(loss), 5.0)
    for _ in range(40):
        middle = (low + high) / 2
        density = np.exp(-(middle**2) / 2) / np.sqrt(2 * np.pi)
        is_less = density - middle * (1.0 - ndtr(middle)) <= loss
        high, low = np.where(is_less, middle, high), np.where(is_less, low, middle)
    return high


def _period(situation: Situation) -> tuple[Floats, Floats]:
    """Return the days of the period and their expected demand: [P] each."""
    supply = situation.supply.filled()
    days = supply.wait + supply.review + supply.lead_time
    means = extended(situation.means, int(np.ceil(days.max(initial=1))))
    share = np.clip(days[:, None] - np.arange(means.shape[1]), 0.0, 1.0)
    return days, (means * share).sum(axis=1)


def _expected(inbound: Inbound, days: Floats) -> Integers:
    inside = inbound.due <= days[inbound.product]
    arriving = np.bincount(inbound.product[inside], inbound.quantity[inside], len(days))
    return arriving.astype(np.int64)
