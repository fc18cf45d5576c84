"""Every model returns the same bits for the same row, and contributions that add up."""

from __future__ import annotations

import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from scipy.special import logit
from sklearn.base import BaseEstimator
from threadpoolctl import threadpool_limits

from scoring.domains import JOBS
from scoring.models import canonical_files, model_files
from scoring.models.model_files import trusted_types
from tests.models import LEARNERS, ROWS, Learner, fitted

TYPES = [name for job in JOBS.values() if job.model for name in trusted_types(job.model)]


@pytest.fixture(params=sorted(LEARNERS))
def name(request: pytest.FixtureRequest) -> str:
    learner_name: str = request.param
    return learner_name


@pytest.fixture
def learner(name: str) -> Learner:
    return LEARNERS[name]


@pytest.fixture
def model(name: str) -> Any:
    return fitted(name)


@pytest.fixture
def matrix(learner: Learner) -> np.ndarray:
    return learner.draw(1_000, 3)[0]


def answers(model: Any, matrix: np.ndarray) -> np.ndarray:
    """Return both answers of a model, the probability of its event first: [n, 2]."""
    scores = model.score(matrix)
    return np.column_stack([getattr(scores, field.name) for field in fields(scores)])


def settings_of(model: Any) -> dict[str, Any]:
    """Return the settings of a model and of its parts."""
    parameters = model.get_params()
    return {
        name: value for name, value in parameters.items() if not isinstance(value, BaseEstimator)
    }


def file_digest(model: Any, folder: Path) -> str:
    """Return the digest of the file of a model, as the registry gets it."""
    file = folder / "model.skops"
    skops.io.dump(model, file)
    canonical_files.rewrite(file)
    return model_files.digest_of(file)


def test_scores_lie_between_zero_and_one(model: Any, matrix: np.ndarray) -> None:
    scores = answers(model, matrix)

    assert ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize("chunk", [1, 7, 200])
def test_a_row_scores_the_same_bits_in_any_chunk(
    model: Any, matrix: np.ndarray, chunk: int
) -> None:
    whole = answers(model, matrix[:210])

    parts = [answers(model, matrix[at : min(at + chunk, 210)]) for at in range(0, 210, chunk)]

    assert np.vstack(parts).tobytes() == whole.tobytes()


def test_a_row_scores_the_same_bits_in_any_order(model: Any, matrix: np.ndarray) -> None:
    order = np.random.default_rng(0).permutation(len(matrix))

    whole, shuffled = answers(model, matrix), answers(model, matrix[order])

    assert shuffled.tobytes() == whole[order].tobytes()


def test_a_row_scores_the_same_bits_with_any_number_of_threads(
    model: Any, matrix: np.ndarray
) -> None:
    scores = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            scores.append(answers(model, matrix).tobytes())

    assert len(set(scores)) == 1


def test_the_memory_layout_of_the_matrix_does_not_matter(model: Any, matrix: np.ndarray) -> None:
    rows, columns = answers(model, matrix), answers(model, np.asfortranarray(matrix))

    assert rows.tobytes() == columns.tobytes()


def test_the_same_data_trains_the_same_model_with_any_number_of_threads(
    learner: Learner, matrix: np.ndarray
) -> None:
    scores = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            scores.append(answers(learner.fit(2_000), matrix).tobytes())

    assert len(set(scores)) == 1


def test_a_saved_model_scores_and_explains_with_the_same_bits(
    model: Any, matrix: np.ndarray
) -> None:
    copy = skops.io.loads(skops.io.dumps(model), trusted=TYPES)

    assert settings_of(copy) == settings_of(model)
    assert answers(copy, matrix).tobytes() == answers(model, matrix).tobytes()
    assert copy.contributions(matrix).tobytes() == model.contributions(matrix).tobytes()


def test_the_same_data_give_the_same_file_and_other_data_another(
    name: str, learner: Learner, model: Any, tmp_path: Path
) -> None:
    digests = [
        file_digest(each, tmp_path) for each in (model, learner.fit(ROWS), learner.fit(ROWS + 1))
    ]

    assert digests[0] == digests[1]
    assert digests[0] != digests[2]


def test_a_canonical_file_loads_as_the_same_model(
    model: Any, matrix: np.ndarray, tmp_path: Path
) -> None:
    file = tmp_path / "model.skops"
    skops.io.dump(model, file)
    canonical_files.rewrite(file)
    once = file.read_bytes()
    canonical_files.rewrite(file)

    assert file.read_bytes() == once
    again = skops.io.load(file, trusted=TYPES)
    assert answers(again, matrix).tobytes() == answers(model, matrix).tobytes()
    assert zipfile.ZipFile(file).namelist()[0].startswith("1.")


def test_contributions_have_the_same_bits_in_any_chunk(model: Any, matrix: np.ndarray) -> None:
    parts = [model.contributions(matrix[at : at + 9]) for at in range(0, 90, 9)]

    assert np.vstack(parts).tobytes() == model.contributions(matrix[:90]).tobytes()


def test_contributions_add_up_to_the_log_odds(model: Any, matrix: np.ndarray) -> None:
    total = model.contributions(matrix).sum(axis=1) + model.base_log_odds_

    np.testing.assert_allclose(total, logit(answers(model, matrix)[:, 0]), atol=1e-9)


def test_a_row_of_missing_values_is_scored(model: Any, matrix: np.ndarray) -> None:
    assert np.isfinite(answers(model, np.full((1, matrix.shape[1]), np.nan))).all()


def test_a_row_that_holds_infinity_is_not_scored(model: Any, matrix: np.ndarray) -> None:
    altered = matrix[:5].copy()
    altered[2, 0] = np.inf

    scores = answers(model, altered)

    assert np.isnan(scores).all(axis=1).tolist() == [False, False, True, False, False]
    assert np.isnan(model.contributions(altered)[2]).all()
    assert scores[3].tobytes() == answers(model, matrix[3:4]).tobytes()


def test_a_matrix_of_another_width_is_refused(model: Any, matrix: np.ndarray) -> None:
    with pytest.raises(ValueError, match="features"):
        model.score(matrix[:, :3])
