"""Measure elasticity and promotion uplift on generated stores, whose true response is known."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

import numpy as np

from features.platform.settings import Settings
from features.synthesize.plan import Plan
from features.synthesize.stores import world as worlds
from scoring.pricing.quality.recovery import MEASURES, Recovery, measure
from scoring.quality.checks import Check, as_lines
from scoring.quality.report import write

PART = "pricing"
SEED, STORES, PRODUCTS, DAYS = 0, 12, 120, 720
BAR = 0.9
START = datetime(2024, 1, 1, tzinfo=UTC)
#: Each check and the measure whose share within the intervals it holds.
CHECKS = {
    "pricing.elasticity_within": "elasticity",
    "pricing.uplift_within": "gross uplift",
    "pricing.net_uplift_within": "net uplift",
    "pricing.cannibalisation_within": "cannibalisation",
    "pricing.pull_forward_within": "pull-forward",
}


def run(settings: Settings) -> int:
    """Make the stores, measure, print and write the report.

    Args:
        settings: the folder of the report.

    Returns:
        0 if every bar holds, otherwise 1.
    """
    started = time.monotonic()
    recovery = measure(worlds.make(plan()))
    checks = checks_of(recovery)
    sys.stdout.write("\n".join([*lines(recovery), *as_lines(checks), ""]))
    report = {
        "data": {"seed": SEED, "stores": STORES, "products": PRODUCTS, "days": DAYS},
        "seconds": round(time.monotonic() - started, 1),
        "by_category": figures(recovery),
    }
    target = write("quality", PART, report, checks, settings)
    sys.stdout.write(f"\n{target}\n")
    return 0 if all(check.holds for check in checks) else 1


def plan(stores: int = STORES, products: int = PRODUCTS, seed: int = SEED) -> Plan:
    """Return the plan of the measured stores."""
    return Plan(
        seed=seed,
        customers=1,
        start=START,
        live_from=START,
        end=START + timedelta(days=1),
        stores=stores,
        store_products=products,
        sales_days=DAYS,
    )


def checks_of(recovery: Recovery) -> list[Check]:
    """Return the share of estimates whose interval of 95 % holds the truth, per measure."""
    return [Check(name, recovery.within(measured), BAR) for name, measured in CHECKS.items()]


def figures(recovery: Recovery) -> dict[str, dict[str, dict[str, float | int | None]]]:
    """Return, per measure and category, the means over the stores that can tell."""
    return {
        measured: {
            category: _figures(recovery, place, code)
            for code, category in enumerate(recovery.categories)
        }
        for place, measured in enumerate(MEASURES)
    }


def _figures(recovery: Recovery, place: int, code: int) -> dict[str, float | int | None]:
    told = recovery.is_told[place, :, code]
    if not told.any():
        return {"stores": 0, "truth": None, "value": None, "reach": None, "within": None}
    half = (recovery.high - recovery.low)[place, told, code] / 2
    return {
        "stores": int(told.sum()),
        "truth": float(recovery.truth[place, told, code].mean()),
        "value": float(recovery.value[place, told, code].mean()),
        "reach": float(np.median(half)),
        "within": int(recovery.is_within[place, :, code].sum()),
    }


def lines(recovery: Recovery) -> list[str]:
    """Return the table for a person: truth, mean estimate, usual reach of an interval, hits."""
    table = [f"{'measure':16} {'category':10} {'truth':>7} {'mean':>7} {'+-':>6}  within"]
    for measured, categories in figures(recovery).items():
        for category, of in categories.items():
            figure = (
                f"{of['truth']:7.2f} {of['value']:7.2f} {of['reach']:6.2f}  "
                f"{of['within']} of {of['stores']}"
                if of["stores"]
                else "cannot tell"
            )
            table.append(f"{measured:16} {category:10} {figure}")
    return table
