"""Measure by simulation how often the shipped gate plans give the right verdict.

No warehouse and no data are needed. Each world has its own seed, so a repeated measurement gives
the same rates. The worlds are spread over the processors.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import groupby
from multiprocessing import get_context

from features.platform.errors import ConfigurationError
from features.platform.settings import Settings
from scoring.models import gate_plan
from scoring.models.gate_plan import GatePlan
from scoring.promotion.quality import power, worlds
from scoring.promotion.quality.power import Gate, Setting
from scoring.promotion.quality.worlds import Market, World
from scoring.quality import checks
from scoring.quality.checks import Check
from scoring.quality.report import write

PART = "gate"
WEEKS = (1, 2, 4, 8)
#: Simulated gates per setting, and those of equal models at the plan's number of weeks.
GATES = (60, 600)
#: The market of each plan, and the suffix of its checks.
MARKETS: Mapping[str, tuple[Market, str]] = {
    "fraud_transactions": (worlds.PAYMENTS, ""),
    "credit_applications": (worlds.LOANS, ".credit"),
}
Judge = Callable[[Iterable[World]], Iterable[Gate]]


def run(settings: Settings) -> int:
    """Simulate the gate of each plan, print the rates, and write the report.

    Args:
        settings: the folder of the report.

    Returns:
        0 if every bar holds, otherwise 1.

    Raises:
        ConfigurationError: a plan is missing.
    """
    started = time.monotonic()
    found: list[Check] = []
    rows: list[Setting] = []
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=get_context("spawn")) as pool:
        for model, (market, suffix) in MARKETS.items():
            plan = _plan(model)
            judge = partial(pool.map, partial(power.gate, power.simulated(plan)), chunksize=4)
            measured = measure(plan, market, GATES, judge)
            sys.stdout.write("\n".join([f"gate of {model}", *power.as_lines(measured), ""]) + "\n")
            by_setting = {(setting.gain, setting.weeks): setting for setting in measured}
            found += power.checks(by_setting, plan.weeks, suffix)
            rows += measured
    sys.stdout.write("\n".join(checks.as_lines(found)) + "\n")
    figures = {
        "seconds": round(time.monotonic() - started, 1),
        "plans": {model: _plan(model).sha256 for model in MARKETS},
        "settings": [setting.as_dict() for setting in rows],
    }
    target = write("quality", PART, figures, found, settings)
    sys.stdout.write(f"\n{target}\n")
    return 0 if all(check.holds for check in found) else 1


def measure(
    plan: GatePlan, market: Market, gates: tuple[int, int], judge: Judge
) -> Sequence[Setting]:
    """Return the verdicts of one plan in all settings.

    Args:
        plan: as it is shipped.
        market: of the plan's model.
        gates: how many per setting, and how many of equal models at the plan's length.
        judge: gives the result of each world, in order.
    """
    lengths = sorted({*WEEKS, plan.weeks})
    drawn = list(power.settings_of(market, lengths, plan.weeks, gates))
    judged = zip(drawn, judge(drawn), strict=True)
    by_setting = groupby(judged, key=lambda pair: (pair[0].gain, pair[0].weeks))
    return [
        Setting(plan.model, gain, weeks, tuple(gate for _, gate in pairs))
        for (gain, weeks), pairs in by_setting
    ]


def _plan(model: str) -> GatePlan:
    plan = gate_plan.load(model)
    if plan is None:
        raise ConfigurationError(f"there is no gate plan of {model}: add {model}.yaml")
    return plan
