"""Measure the segments on Online Retail: thirty nights of November 2011 with one model.

The file passes through the usual pipeline: it is parsed and admitted, and dbt builds the features
of its nights, each with the knowledge of its day. The model is fitted on the last night of October.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from features.platform import database
from features.platform.errors import ContractError
from features.platform.settings import Settings
from features.views import CUSTOMER_NIGHTS
from scoring.quality import checks, history
from scoring.quality.report import write
from scoring.segments import fitting, training_set
from scoring.segments.model import POOLED
from scoring.segments.quality import benchmark
from scoring.segments.rows import Customers

SOURCE, FEED, CURRENCY = "online_retail", "sales", "GBP"
FIRST = datetime(2011, 11, 1, tzinfo=UTC)
NIGHTS = 30
KNOWN = datetime(2012, 1, 1, tzinfo=UTC)


def run(path: Path, settings: Settings) -> int:
    """Load the file into an empty warehouse, measure, print and write the report.

    Returns:
        0 if every bar holds, otherwise 1.

    Raises:
        ConfigurationError: the warehouse is not empty.
        ContractError: the warehouse lacks a night of the measurement.
    """
    started = time.monotonic()
    warehouse = settings.warehouse.model_copy(update={"base_currency": CURRENCY})
    local = settings.model_copy(update={"warehouse": warehouse})
    history.load(path, SOURCE, CUSTOMER_NIGHTS, local, feed=FEED)
    loaded = time.monotonic()
    first, *nights = read(local)
    model, fits = fitting.fit_all(first.by_merchant, first.night.isoformat())
    fit = fits[POOLED]
    followed = benchmark.follow(model, first, nights)
    measured = benchmark.checks(fit, followed)
    refit = fitting.fit(nights[-1].values, fit.segments)
    lines = [*benchmark.as_lines(fit, followed), *checks.as_lines(measured), ""]
    sys.stdout.write("\n".join(lines))
    report = {
        "data": {"file": path.name, "customers": len(first), "nights": len(nights)},
        "feature_view": CUSTOMER_NIGHTS.qualified,
        "seconds": {
            "load_and_build": round(loaded - started, 1),
            "measure": round(time.monotonic() - loaded, 1),
        },
        "segments": {
            "names": list(fit.segments.names),
            "trials": {
                str(trial.count): {
                    "rand_p10": trial.agreement,
                    "rand_mean": float(trial.agreements.mean()),
                    "smallest_share": trial.smallest_share,
                }
                for trial in fit.trials
            },
            "night_rand": followed.history.night_rand().tolist(),
            "moves": followed.history.moved_shares().tolist(),
            "reasons": dict(followed.reasons),
            "migration": followed.migration().tolist(),
            "refit": {"agreement": refit.agreement, "is_accepted": refit.is_accepted},
        },
    }
    target = write("quality", SOURCE, report, measured, settings)
    sys.stdout.write(f"\n{target}\n")
    return 0 if all(check.holds for check in measured) else 1


def read(settings: Settings) -> list[Customers]:
    """Return the customers of the night of the fit and of the nights after it, in order.

    Raises:
        ContractError: a night has no customers.
    """
    days = [FIRST + timedelta(days=number) for number in range(-1, NIGHTS)]
    with database.connect(settings.warehouse, "score", autocommit=False) as connection:
        nights = [training_set.of_night(connection, CUSTOMER_NIGHTS, day, KNOWN) for day in days]
    if missing := [night.night.isoformat() for night in nights if not len(night)]:
        raise ContractError(
            f"{CUSTOMER_NIGHTS.table} has no customers on {', '.join(missing[:3])}; the file must "
            "reach from December 2010 to December 2011"
        )
    return nights
