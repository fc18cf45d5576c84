"""Counts how often the gate gives each verdict in worlds of known truth. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.models.gate_plan import GatePlan, Verdict
from scoring.promotion import verdicts
from scoring.promotion.comparison import judged_tests
from scoring.promotion.quality import worlds
from scoring.promotion.quality.worlds import Market, World
from scoring.quality.checks import Bar, Check

GAINS = (0.0, 0.03, -0.03)
#: Draws of the cost in a simulated gate. They widen its bounds by chance only a little.
REPLICATES = 200


@dataclass(frozen=True, slots=True)
class Gate:
    """The result of one simulated gate.

    Attributes:
        verdict: of the gate.
        primary: the verdict of the primary test alone.
        detectable: the smallest difference of the primary metric that the sample finds.
    """

    verdict: Verdict
    primary: Verdict
    detectable: float


@dataclass(frozen=True, slots=True)
class Setting:
    """The gates of one model, gain and number of weeks."""

    model: str
    gain: float
    weeks: int
    gates: tuple[Gate, ...]

    def rate(self, verdict: Verdict) -> float:
        """Return the share of gates with a verdict."""
        return Counter(gate.verdict for gate in self.gates)[verdict] / len(self.gates)

    def primary_rate(self, verdict: Verdict) -> float:
        """Return the share of gates whose primary test alone has a verdict."""
        return Counter(gate.primary for gate in self.gates)[verdict] / len(self.gates)

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for a report."""
        return {
            "model": self.model,
            "gain": self.gain,
            "weeks": self.weeks,
            "gates": len(self.gates),
            **{verdict.value: self.rate(verdict) for verdict in Verdict},
            "primary cannot tell": self.primary_rate(Verdict.CANNOT_TELL),
            "detectable": float(np.mean([gate.detectable for gate in self.gates])),
        }


def simulated(plan: GatePlan) -> GatePlan:
    """Return a plan for simulations: the same tests and bounds on samples of any length."""
    draws = plan.bootstrap.model_copy(update={"replicates": REPLICATES})
    return plan.model_copy(update={"weeks": 1, "fewest_events": 1, "bootstrap": draws})


def gate(plan: GatePlan, world: World) -> Gate:
    """Return the result of the gate in one world."""
    draws = plan.bootstrap.model_copy(update={"seed": world.seed})
    tests = judged_tests(worlds.make(world), plan.model_copy(update={"bootstrap": draws}))
    primary = tests[0]
    return Gate(verdicts.overall(tests), primary.verdict, primary.detectable or float("nan"))


def settings_of(
    market: Market, weeks: Sequence[int], shipped: int, gates: tuple[int, int]
) -> Iterator[World]:
    """Yield the worlds of one model.

    Args:
        market: of the model.
        weeks: the lengths to try.
        shipped: the length of the plan.
        gates: how many per setting, and how many of equal models at the plan's length, where the
            smallest rate is measured.
    """
    usual, equal = gates
    for gain in GAINS:
        for length in weeks:
            count = equal if (gain, length) == (0.0, shipped) else usual
            yield from (World(market, gain, length, seed) for seed in range(count))


def checks(settings: Mapping[tuple[float, int], Setting], weeks: int, suffix: str) -> list[Check]:
    """Return the rates at the plan's number of weeks, with their bars.

    Args:
        settings: by gain and weeks.
        weeks: of the plan.
        suffix: of the names: empty, or a point and the model.
    """
    equal, better, worse = (settings[gain, weeks] for gain in GAINS)
    named: dict[str, tuple[float, Bar]] = {
        "false_better_rate": (equal.rate(Verdict.BETTER), (0.0, 0.05)),
        "stopped_worse_rate": (worse.rate(Verdict.WORSE), 0.80),
        "passed_better_rate": (better.rate(Verdict.BETTER), 0.80),
        "cannot_tell_rate": (equal.rate(Verdict.CANNOT_TELL), (0.0, 0.40)),
    }
    return [Check(f"gate.{name}{suffix}", value, bar) for name, (value, bar) in named.items()]


def as_lines(settings: Sequence[Setting]) -> list[str]:
    """Return the shares of verdicts as a table."""
    names = (*(verdict.value for verdict in Verdict), "AUC alone cannot tell", "detectable")
    heading = "".join(f"{name:>{max(len(name), 6) + 2}}" for name in names)
    lines = [f"{'challenger':>10}{'weeks':>7}{heading}"]
    for setting in settings:
        values = [setting.rate(verdict) for verdict in Verdict]
        values.append(setting.primary_rate(Verdict.CANNOT_TELL))
        values.append(float(np.mean([gate.detectable for gate in setting.gates])))
        shares = "".join(
            f"{value:>{max(len(name), 6) + 2}.4f}"
            for name, value in zip(names, values, strict=True)
        )
        gain = f"{setting.gain:+.2f}" if setting.gain else "equal"
        lines.append(f"{gain:>10}{setting.weeks:>7}{shares}")
    return lines
