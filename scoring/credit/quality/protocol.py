"""Measures the shipped credit model on LendingClub's loans of 2007 to 2011.

The file passes through the usual pipeline: it is parsed and admitted as history, and dbt builds its
features. Policy exceptions are excluded, and no feature is known only after the application.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from features.platform import database
from features.platform.settings import Settings
from features.sources import descriptions
from features.views import APPLICATIONS
from scoring.credit import training_set
from scoring.credit.quality import benchmark
from scoring.credit.quality.benchmark import FOLDS, TEST, FoldResult, TestResult
from scoring.credit.rows import TrainingSet
from scoring.models.evaluation import Interval
from scoring.quality import history
from scoring.quality.checks import Check, as_lines
from scoring.quality.report import write

log = structlog.get_logger(__name__)

SOURCE = "lending_club"
START, END = datetime(2007, 1, 1, tzinfo=UTC), datetime(2012, 1, 1, tzinfo=UTC)
HINDSIGHT = datetime(2017, 7, 1, tzinfo=UTC)  # after the whole term of the last loan
THEN = datetime(2010, 12, 31, tzinfo=UTC)  # the knowledge of a lender at the time


@dataclass(frozen=True, slots=True)
class Measurements:
    """The results of the protocol."""

    tested: TestResult
    with_fico: list[FoldResult]
    without_fico: list[FoldResult]
    folds: list[FoldResult]  # with the columns that the shipped model uses
    test_with_fico: FoldResult
    test_without_fico: FoldResult
    known_then: FoldResult


def run(path: Path, settings: Settings) -> int:
    """Load the file into an empty warehouse, measure, print and write the report.

    Returns:
        0 if every bar holds, otherwise 1.

    Raises:
        ConfigurationError: the warehouse is not empty.
        ContractError: the ranking is too good to be true: a feature contains the outcome.
    """
    started = time.monotonic()
    history.load(path, SOURCE, APPLICATIONS, settings)
    loaded = time.monotonic()
    rows, closed_then, whole_then = read(settings)
    measurements = measure(rows, closed_then)
    checks = benchmark.checks(measurements.tested, measurements.folds)
    sys.stdout.write(_table(measurements, checks, len(whole_then)))
    report = {
        "data": {
            "file": path.name,
            "rows": len(rows),
            "defaults": int(rows.is_bad.sum()),
            "label_as_of": HINDSIGHT.isoformat(),
            "whole_vintages_known_then": len(whole_then),
        },
        "feature_view": APPLICATIONS.qualified,
        "features": list(measurements.tested.model.features or ()),
        "seconds": {
            "load_and_build": round(loaded - started, 1),
            "measure": round(time.monotonic() - loaded, 1),
        },
        "test": {
            part: {
                name: [interval.value, interval.low, interval.high]
                for name, interval in intervals.items()
            }
            for part, intervals in _parts(measurements.tested).items()
        },
        "folds": {
            "with_fico": _as_dicts(*measurements.with_fico, measurements.test_with_fico),
            "without_fico": _as_dicts(*measurements.without_fico, measurements.test_without_fico),
            "known_then": _as_dicts(measurements.known_then),
        },
    }
    target = write("quality", SOURCE, report, checks, settings)
    sys.stdout.write(f"\n{target}\n")
    return 0 if all(check.holds for check in checks) else 1


def read(settings: Settings) -> tuple[TrainingSet, TrainingSet, TrainingSet]:
    """Return the loans in hindsight, those closed by 2010, and whole vintages of the latter."""
    lag = descriptions.load(SOURCE).feeds["application_labels"].charge_off_lag
    moments = ((HINDSIGHT, True), (THEN, False), (THEN, True))
    with database.connect(settings.warehouse, "score", autocommit=False) as connection:
        hindsight, closed, whole = (
            training_set.read(
                connection,
                APPLICATIONS,
                start=START,
                end=END,
                as_of=as_of,
                lag=lag,
                whole_vintages=whole_vintages,
            )
            for as_of, whole_vintages in moments
        )
    return hindsight, closed, whole


def measure(rows: TrainingSet, closed_then: TrainingSet) -> Measurements:
    """Measure the shipped model on 2011 and on every fold, with and without the FICO score.

    Args:
        rows: all loans, in hindsight.
        closed_then: the loans closed before 2011, with the outcomes known then.
    """
    view = APPLICATIONS
    tested = benchmark.measure_test(rows.before(TEST[0]), rows.between(*TEST), view)
    log.info("test_measured", period="2011", better=tested.better)
    periods = {**FOLDS, "2011": TEST}
    by_fico: dict[bool, list[FoldResult]] = {True: [], False: []}
    for fold, (first, end) in periods.items():
        for has_fico, results in by_fico.items():
            results.append(
                benchmark.measure_fold(
                    fold, rows.before(first), rows.between(first, end), view, with_fico=has_fico
                )
            )
        log.info("fold_measured", fold=fold)
    known_then = benchmark.measure_fold(
        "2011", closed_then, rows.between(*TEST), view, with_fico=False
    )
    (*with_fico, test_with), (*without, test_without) = by_fico[True], by_fico[False]
    shipped = benchmark.shipped(with_fico, without, rows)
    return Measurements(
        tested=tested,
        with_fico=with_fico,
        without_fico=without,
        folds=shipped,
        test_with_fico=test_with,
        test_without_fico=test_without,
        known_then=known_then,
    )


def _as_dicts(*folds: FoldResult) -> list[dict[str, object]]:
    return [fold.as_dict() for fold in folds]


def _parts(tested: TestResult) -> dict[str, dict[str, Interval]]:
    return {"boosting": tested.boosting, "scorecard": tested.scorecard}


def _table(measurements: Measurements, checks: Sequence[Check], whole_then: int) -> str:
    lines = [
        "trained on loans issued to the end of 2010, tested on 2011, in hindsight; "
        "95 % intervals of 200 bootstraps",
        f"{'':34}{'boosting':>26}{'scorecard':>26}",
    ]
    for name in measurements.tested.boosting:
        cells = "".join(
            f"{_interval(part[name]):>26}" for part in _parts(measurements.tested).values()
        )
        lines.append(f"  {name:32}{cells}")
    lines.append(f"  {'brier of a constant':32}{measurements.tested.constant_brier:>10.4f}")
    head = ("FICO", "trained on", "bad", "tested on", "boosting", "scorecard", "KS")
    lines += ["", f"{'AUC by half-year':20}" + "".join(f"{title:>12}" for title in head)]
    pairs = zip(
        (*measurements.with_fico, measurements.test_with_fico),
        (*measurements.without_fico, measurements.test_without_fico),
        strict=True,
    )
    lines += [_fold(fold) for pair in pairs for fold in pair]
    lines += [
        "",
        "with the outcomes known on 2010-12-31 alone, no bar: only closed loans, which favours",
        f"early defaults; whole vintages known then hold {whole_then} loans, too few to learn from",
        _fold(measurements.known_then),
        "",
        *as_lines(checks),
    ]
    return "\n".join(lines) + "\n"


def _fold(fold: FoldResult) -> str:
    cells = (
        "with" if fold.has_fico else "without",
        str(fold.train_rows),
        str(fold.train_bads),
        str(fold.test_rows),
        f"{fold.auc_roc:.3f}",
        f"{fold.scorecard_auc_roc:.3f}",
        f"{fold.ks:.3f}",
    )
    return f"  {fold.fold:18}" + "".join(f"{cell:>12}" for cell in cells)


def _interval(interval: Interval) -> str:
    if interval.low == interval.high:
        return f"{interval.value:.4f}{'':>16}"
    return f"{interval.value:.4f} ({interval.low:.4f}–{interval.high:.4f})"
