"""What the credit model promises: the same bits, one direction, and causes that add up."""

from __future__ import annotations

import numpy as np
import pytest
import skops.io
from scipy.special import logit
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from scoring.credit.boosting import MonotoneBoosting
from scoring.credit.model import PARTS, CreditModel
from scoring.credit.scorecard import Scorecard
from scoring.model_files import TRUSTED_TYPES

FEATURES = ["debt_to_income", "annual_income", "purpose_group", "account_count"]
DIRECTIONS = [1, -1, 0, 0]
LEVELS = [[], [], ["car", "home", "business"], []]
ROWS = 5_000


def applications(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw applications that default with debt, small incomes and the last purpose."""
    draw = np.random.default_rng(seed)
    matrix = np.column_stack(
        [
            draw.beta(2, 5, rows),
            draw.lognormal(11, 0.5, rows),
            draw.integers(0, 3, rows).astype(float),
            draw.poisson(9, rows).astype(float),
        ]
    )
    risk = 4 * matrix[:, 0] - np.log(matrix[:, 1] / 60_000) + (matrix[:, 2] == 2) - 3
    is_bad = draw.random(rows) < 1 / (1 + np.exp(-risk))
    matrix[draw.random(matrix.shape) < 0.1] = np.nan
    return matrix, is_bad


def unfitted(decides: str) -> CreditModel:
    boosting = MonotoneBoosting(max_iter=40, min_samples_leaf=40)
    return CreditModel(FEATURES, DIRECTIONS, LEVELS, decides=decides, boosting=boosting)


@pytest.fixture(scope="module")
def fitted() -> dict[str, CreditModel]:
    return {part: unfitted(part).fit(*applications(ROWS, seed=1)) for part in PARTS}


@pytest.fixture(params=sorted(PARTS))
def model(request: pytest.FixtureRequest, fitted: dict[str, CreditModel]) -> CreditModel:
    return fitted[request.param]


@pytest.fixture(scope="module")
def matrix() -> np.ndarray:
    return applications(1_000, seed=3)[0]


def test_the_part_that_decides_gives_the_first_probability(
    fitted: dict[str, CreditModel], matrix: np.ndarray
) -> None:
    by_boosting, by_card = fitted["boosting"].score(matrix), fitted["scorecard"].score(matrix)

    assert by_boosting.default_probability.tobytes() == by_card.second_probability.tobytes()
    assert by_boosting.second_probability.tobytes() == by_card.default_probability.tobytes()


@pytest.mark.parametrize("chunk", [1, 7, 200])
def test_a_row_scores_the_same_bits_in_any_chunk(
    model: CreditModel, matrix: np.ndarray, chunk: int
) -> None:
    whole = model.score(matrix[:210])

    parts = [model.score(matrix[at : min(at + chunk, 210)]) for at in range(0, 210, chunk)]

    for name in ("default_probability", "second_probability"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert joined.tobytes() == getattr(whole, name).tobytes()


def test_contributions_have_the_same_bits_in_any_chunk(
    model: CreditModel, matrix: np.ndarray
) -> None:
    parts = [model.contributions(matrix[at : at + 9]) for at in range(0, 90, 9)]

    assert np.vstack(parts).tobytes() == model.contributions(matrix[:90]).tobytes()


def test_a_saved_model_scores_and_explains_with_the_same_bits(
    model: CreditModel, matrix: np.ndarray
) -> None:
    copy = skops.io.loads(skops.io.dumps(model), trusted=list(TRUSTED_TYPES))

    assert (copy.features, copy.decides, copy.levels) == (FEATURES, model.decides, LEVELS)
    for name in ("default_probability", "second_probability"):
        found = getattr(copy.score(matrix), name)
        assert found.tobytes() == getattr(model.score(matrix), name).tobytes()
    assert copy.contributions(matrix).tobytes() == model.contributions(matrix).tobytes()


def test_the_same_data_trains_the_same_model_with_any_number_of_threads(
    matrix: np.ndarray,
) -> None:
    found = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            scores = unfitted("boosting").fit(*applications(2_000, seed=1)).score(matrix)
        found.append(scores.default_probability.tobytes() + scores.second_probability.tobytes())

    assert len(set(found)) == 1


def test_contributions_add_up_to_the_log_odds(model: CreditModel, matrix: np.ndarray) -> None:
    total = model.contributions(matrix).sum(axis=1) + model.base_log_odds_

    np.testing.assert_allclose(total, logit(model.score(matrix).default_probability), atol=1e-9)


def test_what_is_worse_than_the_best_never_lowers_the_risk(
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


def test_the_contributions_of_a_scorecard_are_its_points_lost(
    fitted: dict[str, CreditModel], matrix: np.ndarray
) -> None:
    model = fitted["scorecard"]

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


def test_a_row_without_any_value_is_scored(model: CreditModel) -> None:
    scores = model.score(np.full((1, len(FEATURES)), np.nan))

    assert np.isfinite([scores.default_probability[0], scores.second_probability[0]]).all()


def test_a_row_that_holds_infinity_is_not_scored(model: CreditModel, matrix: np.ndarray) -> None:
    altered = matrix[:5].copy()
    altered[2, 0] = np.inf

    scores = model.score(altered)

    assert np.isnan(scores.default_probability).tolist() == [False, False, True, False, False]
    assert np.isnan(scores.second_probability[2])
    assert np.isnan(model.contributions(altered)[2]).all()


def test_a_matrix_of_another_width_is_refused(model: CreditModel, matrix: np.ndarray) -> None:
    with pytest.raises(ValueError, match="features"):
        model.score(matrix[:, :3])


def test_too_few_defaults_are_refused() -> None:
    matrix, is_bad = applications(60, seed=1)

    with pytest.raises(ValueError, match="defaults before and in the later slices"):
        unfitted("boosting").fit(matrix, is_bad)


def test_labels_that_turn_round_are_refused() -> None:
    matrix, is_bad = applications(ROWS, seed=1)
    is_bad[ROWS // 2 :] ^= True

    with pytest.raises(ValueError, match="no better than chance"):
        CreditModel(directions=DIRECTIONS, calibration_slices=1).fit(matrix, is_bad)


def test_a_part_that_does_not_exist_cannot_decide() -> None:
    with pytest.raises(ValueError, match="one of scorecard, boosting"):
        unfitted("oracle").fit(*applications(400, seed=1))


def test_the_settings_of_the_parts_are_the_models_own() -> None:
    model = CreditModel(scorecard=Scorecard(points_to_double=20), calibration_slices=1)
    model.fit(*applications(2_000, seed=1))

    assert model.scorecard_.points_to_double == 20
    assert clone(model).get_params()["scorecard__points_to_double"] == 20
