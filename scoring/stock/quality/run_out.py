"""Compare probabilities of running out with the days that followed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Flags, Floats
from scoring.stock.exposure import expose
from scoring.stock.inbound import Inbound
from scoring.stock.lead_times import Period
from scoring.stock.plan import plan
from scoring.stock.quality import normal_rule
from scoring.stock.quality.forward import State, Trial


@dataclass(frozen=True, slots=True)
class RunOuts:
    """Probabilities and events of n product-nights; each array is [n].

    Args:
        simulated: probability from simulated paths.
        normal: probability of the normal approximation.
        happened: whether demand exceeded the supply before the next order's successor arrived.
    """

    simulated: Floats
    normal: Floats
    happened: Flags


def measure(trial: Trial, deviation: Floats, states: Mapping[int, State]) -> RunOuts:
    """Return the probabilities of nights, and the events that followed if nothing was ordered.

    Products whose period ends after the known demand are left out.

    Args:
        trial: the market and the forecast.
        deviation: [P] of a day's demand about its forecast, for the normal approximation.
        states: by night.
    """
    parts = [_of_night(trial, deviation, night, state) for night, state in states.items()]
    return RunOuts(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _of_night(
    trial: Trial, deviation: Floats, night: int, state: State
) -> tuple[Floats, Floats, Flags]:
    """Return the probabilities and the events of the products whose period has ended."""
    market, situation = trial.market, trial.situation(night, state)
    supply, row = situation.supply, np.arange(len(situation))
    days = market.demand.shape[1] - night - 1
    ahead = np.arange(1, days + 1)
    arrivals = ahead + market.lead_times[:, night + 1 : night + 1 + days]
    leaves = supply.wait + 1
    arrival = arrivals[row, leaves - 1]
    # an order day follows where the day before it has no day to wait
    weekday = (market.first_day + night + ahead + 3) % 7
    is_later = market.order_days[:, weekday] & (ahead > leaves[:, None])
    follows = np.where(is_later, arrivals, 2 * days).min(axis=1)
    end = np.maximum(follows, arrival) - 1
    period = Period(arrival[:, None], end[:, None], np.zeros((len(row), 1), dtype=np.int64))
    true = Inbound(state.product, state.quantity, state.arrival - night)
    followed = market.demand[:, night + 1 :, None]
    happened = expose(followed, state.stock, true, period.cut(days)).run_out() > 0
    simulated = plan(situation, seed=night)[0].run_out_probability
    normal = normal_rule.run_out_probability(situation, deviation)
    is_known = end <= days
    return simulated[is_known], normal[is_known], happened[is_known]
