"""`python -m scoring quality FILE`: the shipped model on the Fraud Detection Handbook's protocol.

The file goes the way that every delivery goes: parsed, admitted as history, features built by dbt.
What is measured is the shipped model class on the shipped features, beside the book's own 15.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
import structlog

from features import build, sources
from features.errors import ConfigurationError, ContractError
from features.ingest.run import ingest_all
from features.objects import open_store
from features.views import TRANSACTIONS
from scoring.fraud import benchmark, book, fitting, handbook, training_set
from scoring.fraud.benchmark import MEASURES, Check, FoldResult
from scoring.fraud.training_set import TrainingSet
from scoring.settings import Settings, get_settings

log = structlog.get_logger(__name__)

SOURCE = "fraud_handbook"
LABELS_AS_OF = datetime(2018, 9, 1, tzinfo=UTC)  # all of them are known by then
END = datetime(2018, 8, 15, tzinfo=UTC)
COLUMNS = ("AUC ROC", "avg prec", "card p@100", "slope", "obs/exp", "anomaly AUC")


def run(path: Path, settings: Settings, *, folds: Sequence[date] = handbook.TEST_FOLDS) -> int:
    """Load the file into an empty warehouse, measure, print and write the report.

    Returns:
        0 where every bar holds, else 1.

    Raises:
        ConfigurationError: there is no such file, or the warehouse is not empty.
        ContractError: features and raw rows do not match.
    """
    if not path.is_file():
        raise ConfigurationError(f"no file {path}: give the handbook's Parquet file, DATA=<file>")
    started = time.monotonic()
    load(path, settings)
    loaded = time.monotonic()
    ours, books = read(settings, min(folds))
    results = {
        "ours": measure(
            ours, books, folds, fitting.anomaly_features(TRANSACTIONS.columns, TRANSACTIONS)
        ),
        "book": measure(
            books, books, folds, [name for name in book.FEATURES if "risk" not in name]
        ),
    }
    found = benchmark.checks(results["ours"])
    sys.stdout.write(_table(results, found))
    report = {
        "command": "quality",
        "machine": {"cores": _cores(), "platform": platform.platform()},
        "data": {"file": path.name, "rows": len(ours), "first_fold": min(folds).isoformat()},
        "versions": {name: version(name) for name in ("scikit-learn", "numpy", "dbt-core")},
        "code_version": settings.code_version,
        "feature_view": TRANSACTIONS.qualified,
        "seconds": {
            "load_and_build": round(loaded - started, 1),
            "measure": round(time.monotonic() - loaded, 1),
        },
        "checks": [check.as_dict() for check in found],
        "folds": {key: [one.as_dict() for one in part] for key, part in results.items()},
    }
    target = settings.home / ".local" / "reports" / "quality.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=2) + "\n")
    sys.stdout.write(f"\n{target}\n")
    return 0 if all(check.holds for check in found) else 1


def load(path: Path, settings: Settings) -> None:
    """Take the file into the warehouse as history and build its features.

    Raises:
        ConfigurationError: the warehouse holds transactions of something else.
    """
    described = sources.load(SOURCE)
    variables: dict[str, str | int] = {
        "base_currency": settings.warehouse.base_currency,
        "source_time_zone": described.time_zone or "UTC",
        "label_maturity_days": described.maturity_days,
    }
    build.install(settings.warehouse, settings.work, variables)
    store = open_store((settings.work / "objects").resolve().as_uri())
    store.put(f"{described.feeds['transactions'].history_folder}/{path.name}", path)
    with psycopg.connect(settings.warehouse.conninfo("ingest"), autocommit=True) as connection:
        if connection.execute("select 1 from raw.transactions limit 1").fetchone():
            raise ConfigurationError("quality needs an empty warehouse of its own; this one is not")
        _, admitted = ingest_all(
            described, store, connection, base_currency=settings.warehouse.base_currency
        )
    log.info("benchmark_loaded", deliveries=len(admitted))
    build.build("transaction_features", settings.warehouse, settings.work, variables)


def read(settings: Settings, first: date) -> tuple[TrainingSet, TrainingSet]:
    """Return the labelled rows from three weeks before the first fold: our features, the book's.

    Raises:
        ContractError: they are not the same rows.
    """
    start = datetime.combine(first, datetime.min.time(), UTC) - timedelta(weeks=3)
    with psycopg.connect(settings.warehouse.conninfo("score")) as connection:
        ours = training_set.read(connection, TRANSACTIONS, start=start, end=END, as_of=LABELS_AS_OF)
        matrix = book.read(connection, start, END)
    if len(matrix) != len(ours):
        raise ContractError(
            f"marts.feat_transactions holds {len(ours)} labelled rows of {len(matrix)} raw ones"
        )
    return ours, ours.with_columns(book.FEATURES, matrix)


def measure(
    rows: TrainingSet, books: TrainingSet, folds: Sequence[date], label_free: Sequence[str]
) -> list[FoldResult]:
    """Measure one set of features on every fold."""
    amount = books.matrix[:, book.FEATURES.index("amount")]
    results = []
    for first_day in folds:
        fold = handbook.fold(rows, first_day)
        results.append(benchmark.measure_fold(rows, fold, amount, label_free))
        log.info("fold_measured", fold=fold.name, features=len(rows.features))
    return results


def add_parser(commands: Any) -> None:  # noqa: ANN401 - argparse names no such type
    """Add `quality` to the command line."""
    parser = commands.add_parser(
        "quality", help="measure the fraud model on the Fraud Detection Handbook's protocol"
    )
    parser.add_argument("file", type=Path, help="the handbook's transactions, one Parquet file")
    parser.add_argument(
        "--validation",
        action="store_true",
        help="measure on the earlier weeks on which settings are chosen, not on the test weeks",
    )
    parser.set_defaults(command=_command)


def _command(parsed: argparse.Namespace) -> int:
    folds = handbook.VALIDATION_FOLDS if parsed.validation else handbook.TEST_FOLDS
    return run(parsed.file, get_settings(), folds=folds)


def _table(results: dict[str, list[FoldResult]], found: Sequence[Check]) -> str:
    head = f"{'':34}" + "".join(f"{column:>13}" for column in COLUMNS)
    lines = [head]
    for key, title in (("ours", "our features"), ("book", "the book's 15 features")):
        lines.append(f"\n{title}: mean of {len(benchmark.SEEDS)} seeds, ± half their spread")
        for one in results[key]:
            cells = (
                f"{getattr(one.mean, name):.3f} ±{getattr(one.spread, name) / 2:.3f}"
                for name in MEASURES
            )
            label = (
                f"  {one.fold}  {one.test_frauds} frauds, ceiling {one.card_precision_ceiling:.2f}"
            )
            lines.append(f"{label:34}" + "".join(f"{cell:>13}" for cell in cells))
        means = (f"{benchmark.mean_of(results[key], name):.3f}" for name in MEASURES)
        lines.append(f"{'  mean':34}" + "".join(f"{mean:>13}" for mean in means))
    lines.append("\npublished, last fold")
    lines += [_published(one) for one in handbook.PUBLISHED_LAST_FOLD]
    lines.append("published, mean of the four folds")
    lines += [_published(one) for one in handbook.PUBLISHED_MEANS]
    lines.append("")
    lines += [
        f"{'holds' if check.holds else 'DOES NOT HOLD':>14}  {check.name:44} "
        f"{check.value:.3f}  bar {check.bar}"
        for check in found
        if check.bar is not None
    ]
    return "\n".join(lines) + "\n"


def _published(one: handbook.Published) -> str:
    values = (one.auc_roc, one.average_precision, one.card_precision_at_100)
    return f"{'  ' + one.model:34}" + "".join(f"{value:>13.3f}" for value in values)


def _cores() -> int:
    return len(os.sched_getaffinity(0))
