"""The shipped credit model on LendingClub's loans of 2007 to 2011: `python -m scoring quality`.

The file goes the way that every delivery goes: parsed, admitted as history, features built by dbt.
Policy exceptions are left out, and no feature is known only after the application.
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
HINDSIGHT = datetime(2017, 7, 1, tzinfo=UTC)  # the last loan has had its whole term
THEN = datetime(2010, 12, 31, tzinfo=UTC)  # what a lender would have known


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured."""

    tested: TestResult
    with_fico: list[FoldResult]
    without_fico: list[FoldResult]
    folds: list[FoldResult]  # with the columns that the shipped model takes
    test_with_fico: FoldResult
    test_without_fico: FoldResult
    known_then: FoldResult


def run(path: Path, settings: Settings) -> int:
    """Load the file into an empty warehouse, measure, print and write the report.

    Returns:
        0 where every bar holds, else 1.

    Raises:
        ConfigurationError: the warehouse is not empty.
        ContractError: the ranking is too good to be true: a feature knows the outcome.
    """
    started = time.monotonic()
    history.load(path, SOURCE, APPLICATIONS, settings)
    loaded = time.monotonic()
    rows, closed_then, whole_then = read(settings)
    found = measure(rows, closed_then)
    checks = benchmark.checks(found.tested, found.folds)
    sys.stdout.write(_table(found, checks, len(whole_then)))
    report = {
        "data": {
            "file": path.name,
            "rows": len(rows),
            "defaults": int(rows.is_bad.sum()),
            "label_as_of": HINDSIGHT.isoformat(),
            "whole_vintages_known_then": len(whole_then),
        },
        "feature_view": APPLICATIONS.qualified,
        "features": list(found.tested.model.features or ()),
        "seconds": {
            "load_and_build": round(loaded - started, 1),
            "measure": round(time.monotonic() - loaded, 1),
        },
        "test": {
            part: {name: [one.value, one.low, one.high] for name, one in intervals.items()}
            for part, intervals in _parts(found.tested).items()
        },
        "folds": {
            "with_fico": [one.as_dict() for one in (*found.with_fico, found.test_with_fico)],
            "without_fico": [
                one.as_dict() for one in (*found.without_fico, found.test_without_fico)
            ],
            "known_then": [found.known_then.as_dict()],
        },
    }
    target = write("quality", SOURCE, report, checks, settings)
    sys.stdout.write(f"\n{target}\n")
    return 0 if all(check.holds for check in checks) else 1


def read(settings: Settings) -> tuple[TrainingSet, TrainingSet, TrainingSet]:
    """Return the loans in hindsight, those that had ended in 2010, and whole vintages of these."""
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


def measure(rows: TrainingSet, closed_then: TrainingSet) -> Found:
    """Measure the shipped model on 2011 and on every fold, with and without the FICO score.

    Args:
        rows: all loans, in hindsight.
        closed_then: the loans that had ended when 2011 began, with the outcomes known then.
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
    return Found(tested, with_fico, without, shipped, test_with, test_without, known_then)


def _parts(tested: TestResult) -> dict[str, dict[str, Interval]]:
    return {"boosting": tested.boosting, "scorecard": tested.scorecard}


def _table(found: Found, checks: Sequence[Check], whole_then: int) -> str:
    lines = [
        "trained on loans issued to the end of 2010, tested on 2011, in hindsight; "
        "95 % intervals of 200 bootstraps",
        f"{'':34}{'boosting':>26}{'scorecard':>26}",
    ]
    for name in found.tested.boosting:
        cells = "".join(f"{_interval(part[name]):>26}" for part in _parts(found.tested).values())
        lines.append(f"  {name:32}{cells}")
    lines.append(f"  {'brier of a constant':32}{found.tested.constant_brier:>10.4f}")
    head = ("FICO", "trained on", "bad", "tested on", "boosting", "scorecard", "KS")
    lines += ["", f"{'AUC by half-year':20}" + "".join(f"{one:>12}" for one in head)]
    pairs = zip(
        (*found.with_fico, found.test_with_fico),
        (*found.without_fico, found.test_without_fico),
        strict=True,
    )
    lines += [_fold(one) for pair in pairs for one in pair]
    lines += [
        "",
        "with the outcomes known on 2010-12-31 alone, no bar: only loans that had ended, which "
        "leans towards",
        f"early defaults; whole vintages known then hold {whole_then} loans, too few to learn from",
        _fold(found.known_then),
        "",
        *as_lines(checks),
    ]
    return "\n".join(lines) + "\n"


def _fold(one: FoldResult) -> str:
    cells = (
        "with" if one.has_fico else "without",
        str(one.train_rows),
        str(one.train_bads),
        str(one.test_rows),
        f"{one.auc_roc:.3f}",
        f"{one.scorecard_auc_roc:.3f}",
        f"{one.ks:.3f}",
    )
    return f"  {one.fold:18}" + "".join(f"{cell:>12}" for cell in cells)


def _interval(one: Interval) -> str:
    if one.low == one.high:
        return f"{one.value:.4f}{'':>16}"
    return f"{one.value:.4f} ({one.low:.4f}–{one.high:.4f})"
