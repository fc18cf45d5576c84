"""Measure outlook and proposals in one trial, against the rules of normal demand. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from features.platform.arrays import Floats, Integers
from scoring.quality.checks import Check
from scoring.stock.plan import Situation, plan
from scoring.stock.quality import forward, normal_rule, run_out
from scoring.stock.quality.forward import Result, State, Trial
from scoring.stock.quality.reliability import Decile, base_rate_brier, brier, deciles
from scoring.stock.quality.run_out import RunOuts

#: Nights between two measured ones.
EVERY = 7
FILL_RATE_ERROR = (-0.02, 0.02)
_STEPS = 9
_FACTORS = (-2.0, 4.0)


@dataclass(frozen=True, slots=True)
class Rates:
    """The result of a rule over all products.

    Args:
        fill_rate: share of the demanded pieces that were sold.
        stock: mean pieces at the end of a day, all products together.
        orders: number of orders.
    """

    fill_rate: float
    stock: float
    orders: int

    @classmethod
    def of(cls, result: Result) -> Rates:
        """Return the rates of a result."""
        return cls(result.fill_rate(), float(result.stock.sum()), int(result.orders.sum()))


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of one trial.

    Args:
        target: fill rate that the products shall have, by their demand.
        proposals: of the simulated paths.
        normal: of the (s, S) rule with the normal approximation.
        normal_alike: of the same rule, with the safety factor that gives the fill rate of the
            proposals.
        fill_rates: by class of the target: its level and the rate of the proposals.
        nights: measured product-nights.
        happened: share of them that ran out.
        brier: of the simulated paths, the normal approximation and the base rate.
        reliability: by deciles, of the simulated paths.
        reliability_normal: the same of the normal approximation.
    """

    target: float
    proposals: Rates
    normal: Rates
    normal_alike: Rates
    fill_rates: dict[str, float]
    nights: int
    happened: float
    brier: tuple[float, float, float]
    reliability: list[Decile]
    reliability_normal: list[Decile]

    @property
    def fill_rate_error(self) -> float:
        """Return the fill rate of the proposals less its target."""
        return self.proposals.fill_rate - self.target

    @property
    def stock_ratio(self) -> float:
        """Return the stock of the proposals over that of the normal rule with their fill rate."""
        return self.proposals.stock / self.normal_alike.stock

    @property
    def brier_ratio(self) -> float:
        """Return the Brier score over the better one of normal approximation and base rate."""
        simulated, normal, base = self.brier
        return simulated / min(normal, base)

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for a report."""
        return asdict(self)


def measure(trial: Trial, deviation: Floats) -> Measures:
    """Return the measures of a trial.

    Args:
        trial: the market and the forecast.
        deviation: [P] of a day's demand about its forecast before the trial, for the normal rules.
    """
    by_key = dict(zip(trial.market.keys.tolist(), deviation.tolist(), strict=True))

    def scattered(situation: Situation) -> Floats:
        return np.array([by_key[key] for key in situation.keys.tolist()])

    def normal(factor: float) -> tuple[Result, dict[int, State]]:
        states: dict[int, State] = {}
        result = forward.run(
            trial,
            lambda situation, _: normal_rule.order(situation, scattered(situation), factor),
            states.__setitem__,
        )
        return result, states

    proposed = forward.run(trial, _proposal)
    plain, states = normal(0.0)
    fill_rate = proposed.fill_rate()
    low, high = _FACTORS
    alike = plain
    for _ in range(_STEPS):
        middle = (low + high) / 2
        found, _ignored = normal(middle)
        is_enough = found.fill_rate() >= fill_rate
        low, high = (low, middle) if is_enough else (middle, high)
        alike = found if is_enough else alike
    every = {night: state for night, state in states.items() if night % EVERY == 0}
    return _measures(trial, (proposed, plain, alike), run_out.measure(trial, deviation, every))


def checks(measures: Measures, suffix: str = "") -> list[Check]:
    """Return the measures with their bars.

    Args:
        measures: of a trial.
        suffix: of the checks' names.
    """
    simulated, normal, base = measures.brier
    named: list[tuple[str, float, tuple[float, float] | None]] = [
        ("stock.brier_ratio", measures.brier_ratio, (0.0, 1.0)),
        ("stock.fill_rate_error", measures.fill_rate_error, FILL_RATE_ERROR),
        ("stock.average_stock_ratio", measures.stock_ratio, (0.0, 1.0)),
        ("stock.brier_ratio.base_rate", simulated / base, None),
        ("stock.brier_ratio.normal", simulated / normal, None),
        ("stock.fill_rate", measures.proposals.fill_rate, None),
        ("stock.fill_rate.target", measures.target, None),
    ]
    return [Check(f"{name}{suffix}", value, bar) for name, value, bar in named]


def as_lines(title: str, measures: Measures) -> list[str]:
    """Return the measures as lines for a person."""
    simulated, normal, base = measures.brier
    rules = (
        ("proposals", measures.proposals),
        ("normal (s, S)", measures.normal),
        ("normal, same fill rate", measures.normal_alike),
    )
    return [
        title,
        f"  target fill rate {measures.target:.4f}",
        *(
            f"  {name:24} fill rate {rates.fill_rate:.4f}  average stock {rates.stock:10.1f}"
            f"  orders {rates.orders}"
            for name, rates in rules
        ),
        "  fill rate by target "
        + ", ".join(f"{level}: {rate:.4f}" for level, rate in measures.fill_rates.items()),
        f"  {measures.nights} product-nights, {measures.happened:.3f} ran out; Brier score "
        f"{simulated:.4f}, normal approximation {normal:.4f}, base rate {base:.4f}",
        "  reliability per decile: mean probability and share that ran out; the same of the normal",
        *(
            f"  {number:4}  {one.expected:.3f} {one.seen:.3f}    {other.expected:.3f} "
            f"{other.seen:.3f}"
            for number, (one, other) in enumerate(
                zip(measures.reliability, measures.reliability_normal, strict=True), start=1
            )
        ),
    ]


def _proposal(situation: Situation, night: int) -> Integers:
    return plan(situation, seed=night)[1].quantity


def _measures(trial: Trial, results: Sequence[Result], run_outs: RunOuts) -> Measures:
    proposed, plain, alike = results
    level = trial.market.target.level
    happened = run_outs.happened
    return Measures(
        target=float((proposed.demanded * level).sum() / proposed.demanded.sum()),
        proposals=Rates.of(proposed),
        normal=Rates.of(plain),
        normal_alike=Rates.of(alike),
        fill_rates={
            f"{one:.2f}": proposed.fill_rate(level == one) for one in np.unique(level).tolist()
        },
        nights=len(happened),
        happened=float(happened.mean()),
        brier=(
            brier(run_outs.simulated, happened),
            brier(run_outs.normal, happened),
            base_rate_brier(happened),
        ),
        reliability=deciles(run_outs.simulated, happened),
        reliability_normal=deciles(run_outs.normal, happened),
    )
