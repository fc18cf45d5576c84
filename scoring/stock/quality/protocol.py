"""Measure outlook and proposals on made stores, with the truth and with the shipped forecast.

With the true expectation as the forecast, all errors are of the stock core. With the shipped
forecast, the measures include its errors.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from features.platform.settings import Settings
from features.synthesize.stores import world as worlds
from features.synthesize.stores.world import World
from scoring.quality import checks
from scoring.quality.checks import Check
from scoring.quality.report import write
from scoring.stock.quality import benchmark, markets
from scoring.stock.quality.benchmark import Measures
from scoring.stock.quality.markets import SeriesForecast, SeriesMeans

PART = "stock"
#: Learns a forecast on a night of a world; returns its means and the class of each series.
Forecaster = Callable[[World, int], SeriesMeans]


def run(settings: Settings, forecaster: Forecaster | None = None) -> int:
    """Measure with the truth and with a forecast, print, and write the report.

    Args:
        settings: the folder of the report.
        forecaster: of the shipped forecast; None = measure with the truth only.

    Returns:
        0 if every bar holds, otherwise 1.
    """
    world = worlds.make(markets.PLAN)
    found = _measured("true", world, markets.true_forecast(world), "", settings)
    if forecaster is not None:
        small = worlds.make(markets.SMALL)
        learnt = markets.learnt_forecast(small, forecaster)
        found += _measured("shipped", small, learnt, ".shipped_forecast", settings)
    sys.stdout.write("\n".join(checks.as_lines(found)) + "\n")
    return 0 if all(check.holds for check in found) else 1


def _measured(
    name: str, world: World, forecast: SeriesForecast, suffix: str, settings: Settings
) -> list[Check]:
    started = time.monotonic()
    measures: Measures = benchmark.measure(*markets.trial(world, forecast))
    found = benchmark.checks(measures, suffix)
    sys.stdout.write("\n".join(benchmark.as_lines(f"{name} forecast", measures)) + "\n")
    figures = {
        "products": len(world.products),
        "days": world.days.count,
        "seconds": round(time.monotonic() - started, 1),
        **measures.as_dict(),
    }
    write("quality", f"{PART}_{name}", figures, found, settings)
    return found
