"""What the fraud model promises: the same bits every time, and explanations that add up."""

from __future__ import annotations

import numpy as np
import pytest
import skops.io
from scipy.special import logit
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from scoring.fraud.model import FraudModel
from scoring.model_files import TRUSTED_TYPES

ROWS, LATER = 4_000, 1_500
FEATURES = ["amount", "customer_amount_avg_30d", "hour", "merchant_fraud_rate_7d"]
LABEL_FREE = FEATURES[:3]


def payments(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw payments whose fraud shows in the amount and in the merchant; a tenth is unknown."""
    draw = np.random.default_rng(seed)
    matrix = draw.normal(size=(rows, len(FEATURES)))
    is_fraud = draw.random(rows) < 1 / (1 + np.exp(4 - 2 * matrix[:, 0] - matrix[:, 3]))
    matrix[draw.random(matrix.shape) < 0.1] = np.nan
    return matrix, is_fraud


@pytest.fixture(scope="module")
def model() -> FraudModel:
    model = FraudModel(FEATURES, LABEL_FREE, max_iter=40, anomaly_trees=25)
    return model.fit(*payments(ROWS, seed=1), calibration=payments(LATER, seed=2))


@pytest.fixture(scope="module")
def matrix() -> np.ndarray:
    return payments(2_000, seed=3)[0]


def test_scores_lie_between_nought_and_one(model: FraudModel, matrix: np.ndarray) -> None:
    scores = model.score(matrix)

    for values in (scores.fraud_probability, scores.anomaly_score):
        assert ((values >= 0) & (values <= 1)).all()


@pytest.mark.parametrize("chunk", [1, 7, 200])
def test_a_row_scores_the_same_bits_in_any_chunk(
    model: FraudModel, matrix: np.ndarray, chunk: int
) -> None:
    whole = model.score(matrix[:210])

    parts = [model.score(matrix[at : min(at + chunk, 210)]) for at in range(0, 210, chunk)]

    for name in ("fraud_probability", "anomaly_score"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert joined.tobytes() == getattr(whole, name).tobytes()


def test_a_row_scores_the_same_bits_in_any_order(model: FraudModel, matrix: np.ndarray) -> None:
    order = np.random.default_rng(0).permutation(len(matrix))

    whole, shuffled = model.score(matrix), model.score(matrix[order])

    assert shuffled.fraud_probability.tobytes() == whole.fraud_probability[order].tobytes()
    assert shuffled.anomaly_score.tobytes() == whole.anomaly_score[order].tobytes()


def test_a_row_scores_the_same_bits_with_any_number_of_threads(
    model: FraudModel, matrix: np.ndarray
) -> None:
    found = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            scores = model.score(matrix)
        found.append(scores.fraud_probability.tobytes() + scores.anomaly_score.tobytes())

    assert len(set(found)) == 1


def test_the_memory_layout_of_the_matrix_does_not_matter(
    model: FraudModel, matrix: np.ndarray
) -> None:
    rows, columns = model.score(matrix), model.score(np.asfortranarray(matrix))

    assert rows.fraud_probability.tobytes() == columns.fraud_probability.tobytes()
    assert rows.anomaly_score.tobytes() == columns.anomaly_score.tobytes()


def test_the_same_data_trains_the_same_model_with_any_number_of_threads(
    matrix: np.ndarray,
) -> None:
    found = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            model = FraudModel(FEATURES, LABEL_FREE, max_iter=20, anomaly_trees=10)
            model.fit(*payments(ROWS, seed=1), calibration=payments(LATER, seed=2))
        scores = model.score(matrix)
        found.append(scores.fraud_probability.tobytes() + scores.anomaly_score.tobytes())

    assert len(set(found)) == 1


def test_a_saved_model_scores_the_same_bits(model: FraudModel, matrix: np.ndarray) -> None:
    copy = skops.io.loads(skops.io.dumps(model), trusted=list(TRUSTED_TYPES))

    assert copy.features == FEATURES
    assert copy.score(matrix).fraud_probability.tobytes() == (
        model.score(matrix).fraud_probability.tobytes()
    )
    assert copy.contributions(matrix[:50]).tobytes() == model.contributions(matrix[:50]).tobytes()


def test_contributions_add_up_to_the_log_odds(model: FraudModel, matrix: np.ndarray) -> None:
    contributions = model.contributions(matrix)

    total = contributions.sum(axis=1) + model.base_log_odds_
    np.testing.assert_allclose(total, logit(model.score(matrix).fraud_probability), atol=1e-9)


def test_contributions_do_not_depend_on_the_chunk(model: FraudModel, matrix: np.ndarray) -> None:
    parts = [model.contributions(matrix[at : at + 9]) for at in range(0, 90, 9)]

    assert np.vstack(parts).tobytes() == model.contributions(matrix[:90]).tobytes()


def test_calibration_keeps_the_ranking(model: FraudModel, matrix: np.ndarray) -> None:
    margin = model.supervised_.decision_function(matrix)

    order = np.argsort(margin, kind="stable")

    assert (np.diff(model.score(matrix).fraud_probability[order]) >= 0).all()


def test_probabilities_agree_with_later_frauds(model: FraudModel) -> None:
    matrix, is_fraud = payments(20_000, seed=4)

    expected = model.score(matrix).fraud_probability.sum()

    assert 0.85 < is_fraud.sum() / expected < 1.15


def test_a_label_derived_feature_does_not_move_the_anomaly_score(
    model: FraudModel, matrix: np.ndarray
) -> None:
    altered = matrix.copy()
    altered[:, FEATURES.index("merchant_fraud_rate_7d")] = 99.0

    assert model.score(altered).anomaly_score.tobytes() == (
        model.score(matrix).anomaly_score.tobytes()
    )


def test_the_anomaly_score_is_a_percentile_of_the_training_rows(model: FraudModel) -> None:
    scores = model.score(payments(ROWS, seed=1)[0]).anomaly_score

    for share in (0.1, 0.5, 0.9, 0.99):
        assert abs((scores <= share).mean() - share) < 0.005


def test_the_anomaly_score_does_not_depend_on_the_batch(
    model: FraudModel, matrix: np.ndarray
) -> None:
    strange = np.full((1, len(FEATURES)), 50.0)

    alone = model.score(strange).anomaly_score[0]

    assert alone == model.score(np.vstack([strange, matrix])).anomaly_score[0] > 0.99


def test_a_row_without_any_history_is_scored(model: FraudModel) -> None:
    scores = model.score(np.full((1, len(FEATURES)), np.nan))

    assert np.isfinite([scores.fraud_probability[0], scores.anomaly_score[0]]).all()


def test_a_row_that_holds_infinity_is_not_scored(model: FraudModel, matrix: np.ndarray) -> None:
    altered = matrix[:5].copy()
    altered[2, 0] = np.inf

    scores = model.score(altered)

    assert np.isnan(scores.fraud_probability).tolist() == [False, False, True, False, False]
    assert np.isnan(scores.anomaly_score[2])
    assert scores.fraud_probability[3] == model.score(matrix[3:4]).fraud_probability[0]


def test_a_matrix_of_another_width_is_refused(model: FraudModel, matrix: np.ndarray) -> None:
    with pytest.raises(ValueError, match="features"):
        model.score(matrix[:, :3])


def test_a_model_that_learns_nothing_is_refused() -> None:
    matrix, is_fraud = payments(ROWS, seed=1)
    turned_round = (payments(LATER, seed=2)[0], ~payments(LATER, seed=2)[1])

    with pytest.raises(ValueError, match="no better than chance"):
        FraudModel(FEATURES, max_iter=5).fit(matrix, is_fraud, calibration=turned_round)


def test_a_slice_without_fraud_is_refused() -> None:
    matrix, is_fraud = payments(400, seed=1)

    with pytest.raises(ValueError, match="calibration slice holds 0 frauds"):
        FraudModel(FEATURES).fit(matrix, is_fraud, calibration=(matrix, np.zeros(400, dtype=bool)))


def test_the_last_rows_calibrate_where_no_slice_is_given() -> None:
    matrix, is_fraud = payments(ROWS, seed=1)
    given = FraudModel(FEATURES, LABEL_FREE, max_iter=10, anomaly_trees=5)
    cut = ROWS - round(ROWS * given.calibration_share)

    own = clone(given).fit(matrix, is_fraud)
    given.fit(matrix, is_fraud, calibration=(matrix[cut:], is_fraud[cut:]), earlier=cut)

    assert (own.slope_, own.intercept_) == (given.slope_, given.intercept_)


def test_the_calibrator_looks_forward_and_the_model_learns_from_all_rows() -> None:
    matrix, is_fraud = payments(ROWS, seed=1)
    cut = ROWS // 2
    later = (matrix[cut:], is_fraud[cut:])
    model = FraudModel(FEATURES, LABEL_FREE, max_iter=10, anomaly_trees=5)
    rehearsal = clone(model).fit(matrix[:cut], is_fraud[:cut], calibration=later)
    backward = clone(model).fit(matrix, is_fraud, calibration=later)

    model.fit(matrix, is_fraud, calibration=later, earlier=cut)

    assert (model.slope_, model.intercept_) == (rehearsal.slope_, rehearsal.intercept_)
    margins = [one.supervised_.decision_function(matrix) for one in (model, backward)]
    assert margins[0].tobytes() == margins[1].tobytes()


_SCORE_IS_OURS = "score() gives both scores of rows, not an accuracy"
_ORDER_IS_TIME = "the check's labels are too few or too random for the later slice to calibrate on"


@parametrize_with_checks(
    [FraudModel(max_iter=20, anomaly_trees=10, min_samples_leaf=5)],
    expected_failed_checks=lambda _: {
        "check_fit_score_takes_y": _SCORE_IS_OURS,
        "check_pipeline_consistency": _SCORE_IS_OURS,
        "check_n_features_in_after_fitting": _SCORE_IS_OURS,
        "check_positive_only_tag_during_fit": _ORDER_IS_TIME,
        "check_estimators_dtypes": _ORDER_IS_TIME,
        "check_dtype_object": _ORDER_IS_TIME,
        "check_classifier_data_not_an_array": _ORDER_IS_TIME,
        "check_non_transformer_estimators_n_iter": _ORDER_IS_TIME,
        "check_fit2d_1feature": _ORDER_IS_TIME,
        "check_fit_check_is_fitted": _ORDER_IS_TIME,
    },
)
def test_it_is_a_scikit_learn_estimator(estimator: FraudModel, check: object) -> None:
    check(estimator)  # type: ignore[operator]  # a check is scikit-learn's, and asserts itself
