"""The credit model has two parts, monotone directions and true causes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from scoring.credit.model import PARTS, CreditModel
from scoring.credit.scorecard import Scorecard
from tests.models import DIRECTIONS, ROWS, applications, fitted, unfitted_credit


@pytest.fixture(params=sorted(PARTS))
def model(request: pytest.FixtureRequest) -> CreditModel:
    credit_model: CreditModel = fitted(request.param)
    return credit_model


@pytest.fixture(scope="module")
def matrix() -> np.ndarray:
    return applications(1_000, seed=3)[0]


def test_the_part_that_decides_gives_the_first_probability(matrix: np.ndarray) -> None:
    by_boosting, by_card = fitted("boosting").score(matrix), fitted("scorecard").score(matrix)

    assert by_boosting.default_probability.tobytes() == by_card.second_probability.tobytes()
    assert by_boosting.second_probability.tobytes() == by_card.default_probability.tobytes()


def test_a_value_worse_than_the_best_never_lowers_the_risk(
    model: CreditModel, matrix: np.ndarray
) -> None:
    reference, known = model.reference_, ~np.isnan(matrix)
    contributions = model.contributions(matrix)

    for column, direction in enumerate(DIRECTIONS):
        with np.errstate(invalid="ignore"):
            worse = direction * (matrix[:, column] - reference[column]) > 0
        assert (contributions[worse & known[:, column], column] >= -1e-12).all()


def test_the_reference_itself_has_no_causes(model: CreditModel) -> None:
    assert (model.contributions(model.reference_[None, :]) == 0).all()


def test_the_contributions_of_a_scorecard_are_its_points_lost(matrix: np.ndarray) -> None:
    model = fitted("scorecard")

    lost = model.scorecard_.points_lost(matrix)

    per_point = model.slopes_["scorecard"] / model.scorecard_.points_per_log_odds
    np.testing.assert_allclose(model.contributions(matrix), lost * per_point, rtol=1e-12)


def test_removing_the_first_cause_lowers_the_risk(model: CreditModel, matrix: np.ndarray) -> None:
    contributions = model.contributions(matrix)
    first = contributions.argmax(axis=1)

    for column in np.unique(first):
        rows = (first == column) & (contributions[:, column] > 0)
        assert (model.relief(matrix[rows], [column]) > 0).all()


@pytest.mark.parametrize("part", sorted(PARTS))
def test_more_debt_never_lowers_and_more_income_never_raises_the_risk(
    model: CreditModel, matrix: np.ndarray, part: str
) -> None:
    for column, direction in ((0, 1), (1, -1)):
        richer = matrix.copy()
        richer[:, column] *= 1.3
        change = direction * (model.log_odds(richer, part) - model.log_odds(matrix, part))
        assert (change >= 0).all()


def test_probabilities_agree_with_later_defaults(model: CreditModel) -> None:
    matrix, is_bad = applications(20_000, seed=4)

    scores = model.score(matrix)

    for probability in (scores.default_probability, scores.second_probability):
        assert 0.9 < is_bad.sum() / probability.sum() < 1.1


def test_too_few_defaults_are_refused() -> None:
    matrix, is_bad = applications(60, seed=1)

    with pytest.raises(ValueError, match="defaults before and in the later slices"):
        unfitted_credit("boosting").fit(matrix, is_bad)


def test_reversed_labels_are_refused() -> None:
    matrix, is_bad = applications(ROWS, seed=1)
    is_bad[ROWS // 2 :] ^= True

    with pytest.raises(ValueError, match="no better than chance"):
        CreditModel(directions=DIRECTIONS, calibration_slices=1).fit(matrix, is_bad)


def test_a_part_that_does_not_exist_cannot_decide() -> None:
    with pytest.raises(ValueError, match="one of scorecard, boosting"):
        unfitted_credit("oracle").fit(*applications(400, seed=1))


def test_the_settings_of_the_parts_are_the_models_own() -> None:
    model = CreditModel(scorecard=Scorecard(points_to_double=20), calibration_slices=1)
    model.fit(*applications(2_000, seed=1))

    assert model.scorecard_.points_to_double == 20
    assert clone(model).get_params()["scorecard__points_to_double"] == 20
