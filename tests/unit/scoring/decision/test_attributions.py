"""Each characteristic that moved a score appears once, and only if its removal would help."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from features.views import APPLICATIONS
from scoring.decision.attributions import by_characteristic, relieving


class Products:
    """Model log-odds of a x b with half to each; the income has a share and no effect."""

    features = ("requested_amount", "term_months", "annual_income")

    def contributions(self, matrix: np.ndarray) -> np.ndarray:
        """Return the shares against a reference of zeros."""
        half = matrix[:, 0] * matrix[:, 1] / 2
        return np.column_stack([half, half, matrix[:, 2]])

    def relief(self, matrix: np.ndarray, columns: Sequence[int]) -> np.ndarray:
        """Return the fall of the log-odds when some columns are 0."""
        without = matrix.copy()
        without[:, list(columns)] = 0.0
        lost: np.ndarray = np.prod(matrix[:, :2], axis=1) - np.prod(without[:, :2], axis=1)
        return lost


MATRIX = np.array([[2.0, 3.0, 1.0], [0.0, 5.0, 1.0]])
ASKED = np.array([True, True])


def test_a_cause_whose_removal_does_not_help_is_silenced() -> None:
    _, weights = by_characteristic(Products(), MATRIX, ASKED, APPLICATIONS)

    kept = relieving(Products(), MATRIX, weights, APPLICATIONS)

    assert weights[0].tolist() == [3.0, 3.0, 1.0]
    assert kept[0].tolist() == [3.0, 3.0, 0.0]


def test_contributions_against_the_outcome_are_unchanged() -> None:
    matrix = np.array([[2.0, 3.0, -1.0]])
    _, weights = by_characteristic(Products(), matrix, ASKED[:1], APPLICATIONS)

    assert relieving(Products(), matrix, weights, APPLICATIONS)[0, 2] == -1.0


@pytest.mark.parametrize("is_explained", [False, True])
def test_a_row_that_needs_no_reasons_has_no_weights(is_explained: bool) -> None:
    rows = np.array([is_explained, not is_explained])

    _, weights = by_characteristic(Products(), MATRIX, rows, APPLICATIONS)
    kept = relieving(Products(), MATRIX, weights, APPLICATIONS)

    assert np.isnan(kept).all(axis=1).tolist() == [not is_explained, is_explained]
