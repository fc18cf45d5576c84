"""Defines LendingClub's protocol: training rows, test rows, and the bars. Pure.

The model trains on loans issued to the end of 2010 and is tested on those of 2011. All outcomes are
known, in hindsight. The protocol adds expanding folds by half-years, with and without the FICO
score, because the public file lacks this score for all of 2011.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from features.platform.errors import ContractError
from features.views import FeatureView
from scoring.credit import fitting
from scoring.credit.evaluation import measure
from scoring.credit.model import CreditModel
from scoring.credit.rows import TrainingSet
from scoring.models import evaluation
from scoring.models.evaluation import Interval, Ranking
from scoring.quality.checks import Bar, Check

TEST = ("2011-01", "2012-01")
FOLDS = {
    "2009H2": ("2009-07", "2010-01"),
    "2010H1": ("2010-01", "2010-07"),
    "2010H2": ("2010-07", "2011-01"),
    "2011H1": ("2011-01", "2011-07"),
    "2011H2": ("2011-07", "2012-01"),
}
FICO = "fico_mid"
# published honest figures lie between 0.66 and 0.72; a higher AUC needs a column with the outcome
LEAK_ABOVE = 0.75
PREFIX = "credit.lending_club"
BARS: dict[str, Bar] = {
    "auc_roc": 0.69,
    "scorecard_auc_roc": 0.68,
    "ks": 0.275,
    "calibration_slope": (0.85, 1.20),
    "observed_to_expected": (0.80, 1.25),
    "brier_below_constant": 0.0,
    "fold_mean_auc_roc": 0.66,
    "fold_mean_scorecard_auc_roc": 0.64,
}


@dataclass(frozen=True, slots=True)
class FoldResult:
    """Both parts of the model on one test period."""

    fold: str
    has_fico: bool
    train_rows: int
    train_bads: int
    test_rows: int
    test_bads: int
    auc_roc: float
    scorecard_auc_roc: float
    ks: float

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for a report."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TestResult:
    """The shipped model on 2011: measures by part, and the Brier score of a constant."""

    model: CreditModel
    boosting: dict[str, Interval]
    scorecard: dict[str, Interval]
    constant_brier: float

    @property
    def better(self) -> str:
        """The part that ranks better."""
        parts = ("boosting", "scorecard")
        return max(parts, key=lambda part: getattr(self, part)["auc_roc"].value)


def names_of(rows: TrainingSet, *, with_fico: bool) -> tuple[str, ...]:
    """Return the columns that vary, with the FICO score or without it."""
    return tuple(name for name in rows.varying() if with_fico or name != FICO)


def measure_fold(
    fold: str, learn: TrainingSet, test: TrainingSet, view: FeatureView, *, with_fico: bool
) -> FoldResult:
    """Fit on some rows and rank later rows.

    Raises:
        ContractError: the ranking is too good to be true, or no model could be fitted.
    """
    model = fitting.fit(learn, view, names_of(learn, with_fico=with_fico))
    scores = fitting.score(model, test)
    boosting = Ranking(test.is_bad, scores.default_probability)
    card = Ranking(test.is_bad, scores.second_probability)
    result = FoldResult(
        fold=fold,
        has_fico=FICO in (model.features or ()),
        train_rows=len(learn),
        train_bads=int(learn.is_bad.sum()),
        test_rows=len(test),
        test_bads=int(test.is_bad.sum()),
        auc_roc=boosting.auc_roc(),
        scorecard_auc_roc=card.auc_roc(),
        ks=max(boosting.ks(), card.ks()),
    )
    refuse_leaks(fold, max(result.auc_roc, result.scorecard_auc_roc))
    return result


def measure_test(learn: TrainingSet, test: TrainingSet, view: FeatureView) -> TestResult:
    """Fit the shipped model and measure both parts.

    Raises:
        ContractError: the ranking is too good to be true, or no model could be fitted.
    """
    model = fitting.fit(learn, view)
    scores = fitting.score(model, test)
    constant = np.full(len(test), learn.is_bad.mean())
    result = TestResult(
        model=model,
        boosting=measure(test, scores.default_probability),
        scorecard=measure(test, scores.second_probability),
        constant_brier=evaluation.brier(test.is_bad, constant),
    )
    refuse_leaks("2011", getattr(result, result.better)["auc_roc"].value)
    return result


def refuse_leaks(period: str, auc_roc: float) -> None:
    """Refuse an AUC that needs knowledge from after the application.

    Raises:
        ContractError: the AUC is above `LEAK_ABOVE`.
    """
    if auc_roc > LEAK_ABOVE:
        raise ContractError(
            f"leak: AUC {auc_roc:.3f} on {period}, above {LEAK_ABOVE}: honest figures on this data "
            "lie between 0.66 and 0.72, so a feature contains facts from after the application; "
            "compare the feature view with the source's refused columns"
        )


def mean_of(results: Sequence[FoldResult], name: str) -> float:
    """Return the mean of one measure over folds."""
    return float(np.mean([getattr(result, name) for result in results]))


def shipped(
    with_fico: Sequence[FoldResult], without: Sequence[FoldResult], rows: TrainingSet
) -> list[FoldResult]:
    """Return the result of each fold with the columns that the shipped model uses."""
    uses_fico = [FICO in rows.before(FOLDS[fold.fold][0]).telling() for fold in with_fico]
    return [
        fold if is_used else other
        for fold, other, is_used in zip(with_fico, without, uses_fico, strict=True)
    ]


def checks(tested: TestResult, folds: Sequence[FoldResult]) -> list[Check]:
    """Return the measures of 2011 and of the folds against their bars."""
    best = getattr(tested, tested.better)
    values = {
        "auc_roc": best["auc_roc"].value,
        "scorecard_auc_roc": tested.scorecard["auc_roc"].value,
        "ks": best["ks"].value,
        "calibration_slope": best["calibration_slope"].value,
        "observed_to_expected": best["observed_to_expected"].value,
        "brier_below_constant": tested.constant_brier - best["brier"].value,
        "fold_mean_auc_roc": mean_of(folds, "auc_roc"),
        "fold_mean_scorecard_auc_roc": mean_of(folds, "scorecard_auc_roc"),
    }
    barred = [Check(f"{PREFIX}.{name}", value, BARS[name]) for name, value in values.items()]
    informing = {
        "gini": best["gini"].value,
        "expected_calibration_error": best["expected_calibration_error"].value,
        "scorecard_ks": tested.scorecard["ks"].value,
        "scorecard_calibration_slope": tested.scorecard["calibration_slope"].value,
        "scorecard_observed_to_expected": tested.scorecard["observed_to_expected"].value,
        **{f"auc_roc.{fold.fold}": fold.auc_roc for fold in folds},
        **{f"scorecard_auc_roc.{fold.fold}": fold.scorecard_auc_roc for fold in folds},
    }
    return [*barred, *(Check(f"{PREFIX}.{name}", value, None) for name, value in informing.items())]
