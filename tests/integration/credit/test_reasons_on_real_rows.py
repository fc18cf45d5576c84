"""On LendingClub's loans of 2011, removing the cause of a reason improves the score."""

from __future__ import annotations

import numpy as np
import pytest

from features.views import APPLICATIONS
from scoring.credit import fitting
from scoring.credit.model import PARTS, CreditModel
from scoring.credit.quality.benchmark import TEST
from scoring.credit.rows import TrainingSet
from scoring.decision.attributions import by_characteristic, relieving

MOST_REASONS = 4
ROWS = 4_000


@pytest.fixture(scope="module")
def model(loans: TrainingSet) -> CreditModel:
    return fitting.fit(loans.before(TEST[0]), APPLICATIONS)


@pytest.fixture(scope="module")
def matrix(loans: TrainingSet, model: CreditModel) -> np.ndarray:
    """Return every fifth loan of 2011: [4,000, model.features]."""
    tested = loans.between(*TEST).take(slice(None, None, 5))
    return tested.select(list(model.features or ())).matrix[:ROWS]


@pytest.mark.parametrize("part", sorted(PARTS))
def test_removing_the_cause_of_any_principal_reason_improves_the_score(
    model: CreditModel, matrix: np.ndarray, part: str
) -> None:
    model.decides = part
    columns_of: dict[str, list[int]] = {}
    for column, name in enumerate(model.features or ()):
        columns_of.setdefault(APPLICATIONS.feature(name).characteristic, []).append(column)

    speakers, weights = by_characteristic(model, matrix, np.ones(ROWS, bool), APPLICATIONS)
    weights = np.nan_to_num(relieving(model, matrix, weights, APPLICATIONS))

    reasons = 0
    ranked = np.argsort(-weights, axis=1, kind="stable")[:, :MOST_REASONS]
    for column in np.unique(ranked):
        rows = (ranked == column).any(axis=1) & (weights[:, column] > 0)
        cause = columns_of[APPLICATIONS.feature(speakers[column].feature).characteristic]
        without = matrix[rows]
        without[:, cause] = model.reference_[cause]
        after = model.score(without).default_probability
        assert (after < model.score(matrix[rows]).default_probability).all()
        reasons += rows.sum()
    assert reasons > 0.98 * ROWS * MOST_REASONS


def test_the_first_reason_is_a_cause_by_itself_and_never_removed(
    model: CreditModel, matrix: np.ndarray
) -> None:
    model.decides = "boosting"
    _, weights = by_characteristic(model, matrix, np.ones(ROWS, bool), APPLICATIONS)

    kept = relieving(model, matrix, weights, APPLICATIONS)

    first = np.nanargmax(weights, axis=1)
    assert (kept[np.arange(ROWS), first] == weights[np.arange(ROWS), first]).all()
