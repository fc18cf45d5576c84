"""Laws of segments: exactly one each, no row depends on another, and no customer is left behind."""

from __future__ import annotations

import random
from functools import cache

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.platform.arrays import Floats, Matrix
from scoring.segments import fitting
from scoring.segments.assignment import MARGIN, NIGHTS, NONE, State, assign
from scoring.segments.identity import by_previous, placed
from scoring.segments.model import SegmentModel, joined
from tests.unit.scoring.segments.customers import drawn

values = arrays(
    np.float64,
    st.tuples(st.integers(1, 40), st.just(3)),
    elements=st.one_of(st.floats(-1e7, 1e9), st.just(np.nan)),
)
distances = arrays(np.float64, (12, 8), elements=st.one_of(st.floats(0, 50), st.just(np.inf))).map(
    lambda drawn: np.where(np.isinf(drawn).all(1, keepdims=True), 1.0, drawn)
)
states = st.builds(
    State,
    arrays(np.int64, 12, elements=st.integers(NONE, 7)),
    arrays(np.int64, 12, elements=st.integers(0, 2)),
)


@cache
def model() -> SegmentModel:
    """A model of two merchants."""
    groups = {"one": drawn(300), "two": drawn(300, seed=5)}
    return fitting.fit_all(groups, "2026-10-31", resamples=2)[0]


def inputs(raw: Matrix, seed: int) -> Matrix:
    draw = np.random.default_rng(seed)
    count = len(raw)
    before = State(draw.integers(-1, 8, count), draw.integers(0, 3, count))
    return joined(raw, draw.integers(0, 3, count), before)


@given(values, st.integers(0, 99))
def test_every_customer_has_exactly_one_segment_of_the_merchant(raw: Matrix, seed: int) -> None:
    matrix = inputs(raw, seed)

    scores = model().score(matrix)

    segments = scores.segment.astype(int)
    assert np.isfinite(model().centroids_[matrix[:, 3].astype(int), segments]).all()
    assert (scores.runner_up != scores.segment).all()
    assert (scores.own_distance >= 0).all()
    assert np.isfinite(scores.runner_up_distance).all()


@given(values, st.integers(0, 99), st.randoms(use_true_random=False))
def test_the_result_of_a_row_does_not_depend_on_the_others(
    raw: Matrix, seed: int, shuffled: random.Random
) -> None:
    matrix = inputs(raw, seed)
    order = list(range(len(matrix)))
    shuffled.shuffle(order)
    chosen = order[: max(1, len(order) // 2)]

    whole, part = model().score(matrix), model().score(matrix[chosen])

    for name in ("segment", "own_distance", "runner_up", "runner_up_distance", "nearest"):
        assert getattr(whole, name)[chosen].tobytes() == getattr(part, name).tobytes()


@given(distances, states)
def test_a_customer_that_stays_is_near_or_has_been_off_for_less_than_three_nights(
    away: Floats, before: State
) -> None:
    after = assign(away, before)
    rows = np.arange(len(away))

    is_kept = (after.segment == before.segment) & (after.segment != after.nearest)
    assert (after.nights_off[is_kept] < NIGHTS).all()
    assert (away[rows, after.nearest] >= MARGIN * after.own_distance)[is_kept].all()
    assert (after.nights_off[after.segment == after.nearest] == 0).all()


@given(distances, states)
def test_a_fourth_night_with_the_same_distances_moves_no_customer(
    away: Floats, before: State
) -> None:
    state = before
    for _ in range(NIGHTS):
        after = assign(away, state)
        state = State(after.segment, after.nights_off)

    assert (after.segment == after.nearest).all()
    assert (assign(away, state).segment == after.segment).all()


@given(
    arrays(np.float64, (6, 3), elements=st.floats(-3, 3), unique=True), st.permutations(range(6))
)
def test_a_refit_of_the_same_segments_has_the_same_ids(centroids: Floats, order: list[int]) -> None:
    levels = np.array([0, 1, 3, 4, 6, 7])
    previous = placed(centroids, levels)

    matched = by_previous(centroids[order], previous)

    assert matched.tolist() == levels[order].tolist()
