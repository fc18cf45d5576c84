"""Measures the shipped fraud model on the Fraud Detection Handbook's protocol.

The file passes through the usual pipeline: it is parsed and admitted as history, and dbt builds its
features. The shipped model class runs on the shipped features, and on the book's own 15 features.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import structlog

from features.platform import database
from features.platform.errors import ContractError
from features.platform.settings import Settings
from features.views import TRANSACTIONS
from scoring.fraud import book, fitting, training_set
from scoring.fraud.quality import benchmark, handbook
from scoring.fraud.quality.benchmark import MEASURES, FoldResult
from scoring.fraud.rows import TrainingSet
from scoring.quality import checks, history
from scoring.quality.checks import Check
from scoring.quality.report import write

log = structlog.get_logger(__name__)

SOURCE = "fraud_handbook"
LABELS_AS_OF = datetime(2018, 9, 1, tzinfo=UTC)  # all labels are known by then
END = datetime(2018, 8, 15, tzinfo=UTC)
COLUMNS = ("AUC ROC", "avg prec", "card p@100", "slope", "obs/exp", "anomaly AUC")


def run(path: Path, settings: Settings, *, folds: Sequence[date] = handbook.TEST_FOLDS) -> int:
    """Load the file into an empty warehouse, measure, print and write the report.

    Returns:
        0 if every bar holds, otherwise 1.

    Raises:
        ConfigurationError: the warehouse is not empty.
        ContractError: features and raw rows do not match.
    """
    started = time.monotonic()
    history.load(path, SOURCE, TRANSACTIONS, settings)
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
    measured = benchmark.checks(results["ours"])
    sys.stdout.write(_table(results, measured))
    report = {
        "data": {"file": path.name, "rows": len(ours), "first_fold": min(folds).isoformat()},
        "feature_view": TRANSACTIONS.qualified,
        "seconds": {
            "load_and_build": round(loaded - started, 1),
            "measure": round(time.monotonic() - loaded, 1),
        },
        "folds": {key: [fold.as_dict() for fold in part] for key, part in results.items()},
    }
    target = write("quality", SOURCE, report, measured, settings)
    sys.stdout.write(f"\n{target}\n")
    return 0 if all(check.holds for check in measured) else 1


def read(settings: Settings, first: date) -> tuple[TrainingSet, TrainingSet]:
    """Return the labelled rows from three weeks before the first fold: our features, the book's.

    Raises:
        ContractError: the two reads differ in their rows.
    """
    start = datetime.combine(first, datetime.min.time(), UTC) - timedelta(weeks=3)
    with database.connect(settings.warehouse, "score", autocommit=False) as connection:
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


def _table(results: dict[str, list[FoldResult]], measured: Sequence[Check]) -> str:
    head = f"{'':34}" + "".join(f"{column:>13}" for column in COLUMNS)
    lines = [head]
    for key, title in (("ours", "our features"), ("book", "the book's 15 features")):
        lines.append(f"\n{title}: mean of {len(benchmark.SEEDS)} seeds, ± half their spread")
        for fold in results[key]:
            cells = (
                f"{getattr(fold.mean, name):.3f} ±{getattr(fold.spread, name) / 2:.3f}"
                for name in MEASURES
            )
            ceiling = fold.card_precision_ceiling
            label = f"  {fold.fold}  {fold.test_frauds} frauds, ceiling {ceiling:.2f}"
            lines.append(f"{label:34}" + "".join(f"{cell:>13}" for cell in cells))
        means = (f"{benchmark.mean_of(results[key], name):.3f}" for name in MEASURES)
        lines.append(f"{'  mean':34}" + "".join(f"{mean:>13}" for mean in means))
    lines.append("\npublished, last fold")
    lines += [_published(figures) for figures in handbook.PUBLISHED_LAST_FOLD]
    lines.append("published, mean of the four folds")
    lines += [_published(figures) for figures in handbook.PUBLISHED_MEANS]
    lines.append("")
    lines += checks.as_lines(measured)
    return "\n".join(lines) + "\n"


def _published(figures: handbook.Published) -> str:
    values = (figures.auc_roc, figures.average_precision, figures.card_precision_at_100)
    return f"{'  ' + figures.model:34}" + "".join(f"{value:>13.3f}" for value in values)
