"""Makes the matured weeks of a world in which the better model is known. Pure.

The scores of both models are the log-odds of a binormal world, so both are calibrated and their AUC
is exact. The errors of both models are correlated, and the rows of a customer share a part of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

from features.platform.arrays import Codes, Flags, Floats
from scoring.models.compared import Compared

SHARED = 0.4  # of the variance of an error: common to the rows of a customer
SAME_REASON = 0.7
_DIVISIONS = {"category": 6, "channel": 4}


@dataclass(frozen=True, slots=True)
class Market:
    """The rows of a week and the strength of the champion.

    Attributes:
        rows: per week.
        customers: in all weeks.
        bursts: customers with events per week.
        burst: events of each of them.
        auc: of the champion.
        correlation: of the errors of both models.
        amount: the median amount, in units of the base currency.
    """

    rows: int
    customers: int
    bursts: int
    burst: int
    auc: float
    correlation: float
    amount: float

    @property
    def share(self) -> float:
        """The share of events."""
        return self.bursts * self.burst / self.rows


#: A week has the frauds of one of the Fraud Detection Handbook and a third of its honest payments.
#: Frauds come in bursts, so the standard error of the AUC difference is 0.009, as on those data.
PAYMENTS = Market(20_000, 5_000, bursts=96, burst=4, auc=0.88, correlation=0.8, amount=33.0)
#: A week of loans; nearly every customer has one.
LOANS = Market(500, 400_000, bursts=75, burst=1, auc=0.70, correlation=0.9, amount=8_000.0)


@dataclass(frozen=True, slots=True)
class World:
    """One setting of the simulation.

    Attributes:
        market: the rows of a week.
        gain: the true AUC of the challenger minus that of the champion.
        weeks: of matured rows.
        seed: of all draws.
    """

    market: Market
    gain: float
    weeks: int
    seed: int


def make(world: World) -> Compared:
    """Return the scored rows of all weeks of a world."""
    draw, market = np.random.default_rng(world.seed), world.market
    cluster = np.concatenate([_customers(draw, market) for _ in range(world.weeks)])
    rows = len(cluster)
    honest = market.rows - market.bursts * market.burst
    is_event: Flags = np.tile(np.arange(market.rows) >= honest, world.weeks)
    week = np.repeat(np.arange(world.weeks), market.rows)
    champion, challenger = _errors(draw, market, cluster, np.where(is_event, 1 + week, 0))
    return Compared(
        is_event=is_event,
        champion=_probability(champion, is_event, market.auc, market.share),
        challenger=_probability(challenger, is_event, market.auc + world.gain, market.share),
        cluster=cluster,
        amount=market.amount * np.exp(draw.normal(size=rows)),
        week=week,
        segments={name: _labels(draw, count, rows) for name, count in _DIVISIONS.items()},
        reasons=(_labels(draw, 1, rows), _reasons(draw, rows)),
        seconds=(0.1, 0.1),
    )


def _customers(draw: np.random.Generator, market: Market) -> Codes:
    """Return the customer of each row of a week, the events last."""
    honest = market.rows - market.bursts * market.burst
    hit = draw.choice(market.customers, market.bursts, replace=False)
    return np.concatenate(
        [draw.integers(0, market.customers, honest), np.repeat(hit, market.burst)]
    )


def _errors(
    draw: np.random.Generator, market: Market, cluster: Codes, period: Codes
) -> tuple[Floats, Floats]:
    """Return the standard normal errors of both models: [n] each.

    Args:
        draw: the generator.
        market: with the correlation.
        cluster: [n] the customer.
        period: [n] rows of a customer share errors within a period: a burst lasts a week.
    """
    _, groups = np.unique(cluster * (int(period.max()) + 1) + period, return_inverse=True)
    own = draw.normal(size=(2, len(cluster)))
    shared = draw.normal(size=(2, int(groups.max()) + 1))
    first, second = np.sqrt(1 - SHARED) * own + np.sqrt(SHARED) * shared[:, groups]
    return first, market.correlation * first + np.sqrt(1 - market.correlation**2) * second


def _probability(error: Floats, is_event: Flags, auc: float, share: float) -> Floats:
    """Return the calibrated probabilities of a binormal score with this AUC."""
    distance = float(np.sqrt(2) * norm.ppf(auc))
    score = error + distance * is_event
    probability: Floats = expit(distance * score - distance**2 / 2 + logit(share))
    return probability


def _labels(draw: np.random.Generator, count: int, rows: int) -> np.ndarray:
    names = np.array([f"label {number}" for number in range(count)], dtype=object)
    return names[draw.integers(0, count, rows)]


def _reasons(draw: np.random.Generator, rows: int) -> np.ndarray:
    return np.where(draw.random(rows) < SAME_REASON, "label 0", "label 1").astype(object)
