"""Measure the forecast of demand on the weeks of Online Retail, and on generated stores.

The weeks are counted in the file itself, and the stores are made in memory. No warehouse is needed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from features.platform.settings import Settings
from scoring.demand import evaluation
from scoring.demand.quality import online_retail, synthetic, weekly, worlds
from scoring.quality import checks
from scoring.quality.report import write

PART, SYNTHETIC = "online_retail_demand", "synthetic_demand"


def run(path: Path, settings: Settings) -> int:
    """Measure on the weeks of the file and on generated stores, print and write the reports.

    Returns:
        0 if every bar holds, otherwise 1.

    Raises:
        ContractError: the file does not reach over the measured weeks.
    """
    started = time.monotonic()
    weeks = online_retail.read(path)
    measured = weekly.measure(weeks.history, weeks.test)
    held = weekly.checks(measured)
    sys.stdout.write("\n".join([*weekly.as_lines(measured), *checks.as_lines(held), ""]))
    gain, low, high = measured.difference
    report = {
        "data": {"file": path.name, "lines": weeks.lines, "products": len(weeks.codes)},
        "seconds": round(time.monotonic() - started, 1),
        "wape": evaluation.wape(measured.median, measured.units),
        "wape_median8": evaluation.wape(measured.plain, measured.units),
        "difference": [gain, low, high],
        "bias_mean": evaluation.bias(measured.mean, measured.units),
        "bias_median": evaluation.bias(measured.median, measured.units),
        "coverage_80": evaluation.coverage(measured.low, measured.high, measured.units),
        "candidates": {
            name: evaluation.wape(forecast, measured.units)
            for name, forecast in measured.others.items()
        },
        "choice": [
            [line.demand_class, line.column, line.candidate, line.loss]
            for line in measured.tables[-1]
            if line.is_chosen
        ],
    }
    target = write("quality", PART, report, held, settings)
    sys.stdout.write(f"\n{target}\n")
    return max(0 if all(check.holds for check in held) else 1, run_synthetic(settings))


def run_synthetic(settings: Settings) -> int:
    """Measure on generated stores, print and write the report.

    Returns:
        0 if every bar holds, otherwise 1.
    """
    started = time.monotonic()
    world = worlds.make()
    model, truth = worlds.measure(world)
    held = synthetic.checks(truth)
    lines = [
        f"demand of {len(world.series)} generated series, {truth.expected.shape[1]} days ahead"
    ]
    sys.stdout.write("\n".join(["", *lines, *checks.as_lines(held), ""]))
    report = {
        "data": {"series": len(world.series), "days": world.days.count, "rows": len(truth.past)},
        "seconds": round(time.monotonic() - started, 1),
        "bias": synthetic.biases(truth),
        "choice": [
            [line.demand_class, line.column, line.candidate, line.loss]
            for line in model.table
            if line.is_chosen
        ],
    }
    target = write("quality", SYNTHETIC, report, held, settings)
    sys.stdout.write(f"\n{target}\n")
    return 0 if all(check.holds for check in held) else 1
