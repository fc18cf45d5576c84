"""Rows with a label stand for the rows that a selection left without one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.promotion.selection import weights


def test_rows_that_all_have_a_label_have_no_weights() -> None:
    assert weights(np.array([0.1, 0.2]), np.array([True, True])) is None


def test_weights_undo_a_selection_by_the_score() -> None:
    draw = np.random.default_rng(3)
    score = draw.random(40_000)
    is_event = draw.random(40_000) < score
    has_label = draw.random(40_000) < 1.0 - 0.9 * score  # risky rows are declined more often

    weight = weights(score, has_label)

    assert weight is not None
    unweighted = is_event[has_label].mean()
    weighted = np.average(is_event[has_label], weights=weight)
    assert abs(unweighted - 0.5) > 0.1
    assert abs(weighted - 0.5) < 0.02


@given(st.integers(0, 10_000), st.integers(1, 300), st.floats(0.05, 1.0))
def test_the_weights_add_up_to_all_rows(seed: int, rows: int, share: float) -> None:
    draw = np.random.default_rng(seed)
    score, has_label = draw.random(rows), draw.random(rows) < share

    weight = weights(score, has_label)

    if weight is None:
        assert has_label.all() or not has_label.any()
    else:
        assert len(weight) == has_label.sum()
        assert (weight >= 1).all()
        assert weight.sum() == np.float64(rows) or abs(weight.sum() - rows) < 1e-6
