"""Bins and points keep their laws on any data."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scoring.credit import binning
from scoring.credit.scorecard import Scorecard

value = st.one_of(
    st.just(float("nan")), st.floats(-1e9, 1e9), st.integers(-3, 3).map(float), st.floats(0, 1e-9)
)
cases = st.lists(st.tuples(value, st.booleans()), min_size=2, max_size=300).filter(
    lambda rows: 0 < sum(is_bad for _, is_bad in rows) < len(rows)
)
direction = st.sampled_from([-1, 0, 1])
Case = list[tuple[float, bool]]


def columns(case: Case) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.array([value for value, _ in case]), np.array([is_bad for _, is_bad in case])


@given(cases, direction)
def test_every_row_lies_in_exactly_one_bin(case: Case, way: int) -> None:
    values, is_bad = columns(case)

    bins = binning.cut_number(values, is_bad, way)

    assert bins.rows.sum() == len(values)
    assert bins.bads.sum() == is_bad.sum()
    assert bins.rows[-1] == np.isnan(values).sum()
    assert np.bincount(bins.place(values), minlength=len(bins.rows)).tolist() == bins.rows.tolist()


@given(cases, direction)
def test_the_weight_of_evidence_is_finite(case: Case, way: int) -> None:
    assert np.isfinite(binning.cut_number(*columns(case), way).woe).all()


@given(cases, st.sampled_from([-1, 1]))
def test_bins_of_values_move_one_way_only(case: Case, way: int) -> None:
    evidence = binning.cut_number(*columns(case), way).woe[:-1]

    assert (way * np.diff(evidence) <= 0).all()


@given(cases, direction)
def test_edges_ascend_and_every_bin_of_values_is_reachable(case: Case, way: int) -> None:
    values, is_bad = columns(case)

    bins = binning.cut_number(values, is_bad, way)

    assert (np.diff(bins.edges) > 0).all()
    assert len(bins.edges) + 2 == len(bins.rows) == len(bins.centres) == len(bins.woe)


@given(cases, direction)
def test_the_representative_value_of_a_bin_lies_in_it(case: Case, way: int) -> None:
    bins = binning.cut_number(*columns(case), way)

    filled = np.flatnonzero(bins.rows > 0)

    assert bins.place(bins.centres[filled]).tolist() == filled.tolist()


@given(cases, direction)
def test_bins_do_not_depend_on_the_order_of_rows(case: Case, way: int) -> None:
    values, is_bad = columns(case)

    first = binning.cut_number(values, is_bad, way)
    second = binning.cut_number(values[::-1], is_bad[::-1], way)

    assert first.edges.tolist() == second.edges.tolist()
    assert first.woe.tolist() == second.woe.tolist()


@st.composite
def tables(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.bool_], list[int]]:
    """Draw a table of two numbers and a category with labels, and the numbers' directions."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = draw(st.integers(60, 400))
    matrix = np.column_stack(
        [generator.normal(size=(rows, 2)).round(1), generator.integers(0, 3, rows)]
    )
    signal = matrix @ generator.normal(size=3)
    is_bad = signal + generator.normal(size=rows) > np.quantile(signal, 0.7)
    is_bad[:2] = True, False
    matrix[generator.random(matrix.shape) < draw(st.sampled_from([0.0, 0.3]))] = np.nan
    return matrix, is_bad, [*draw(st.tuples(direction, direction)), 0]


@given(tables())
@settings(deadline=None, max_examples=40)
def test_the_sum_of_points_is_the_score(
    table: tuple[NDArray[np.float64], NDArray[np.bool_], list[int]],
) -> None:
    matrix, is_bad, directions = table

    card = Scorecard(directions, [0, 0, 3]).fit(matrix, is_bad)

    best = card.base_points_ + sum(int(points.max()) for points in card.points_)
    assert (card.base_points_ + card.points(matrix).sum(axis=1) == card.total(matrix)).all()
    assert (best - card.points_lost(matrix).sum(axis=1) == card.total(matrix)).all()
    assert (card.points_lost(matrix) >= 0).all()


@given(tables(), st.floats(-4, 4), st.floats(0, 8))
@settings(deadline=None, max_examples=40)
def test_a_riskier_value_never_gains_points(
    table: tuple[NDArray[np.float64], NDArray[np.bool_], list[int]], value: float, more: float
) -> None:
    matrix, is_bad, directions = table
    card = Scorecard(directions, [0, 0, 3]).fit(matrix, is_bad)

    for column in (0, 1):
        before, after = matrix[:20].copy(), matrix[:20].copy()
        before[:, column], after[:, column] = value, value + more
        change = directions[column] * (card.total(after) - card.total(before))
        assert (change <= 0).all()


@given(tables())
@settings(deadline=None, max_examples=20)
def test_a_row_of_missing_values_has_a_score(
    table: tuple[NDArray[np.float64], NDArray[np.bool_], list[int]],
) -> None:
    matrix, is_bad, directions = table
    card = Scorecard(directions, [0, 0, 3]).fit(matrix, is_bad)

    assert np.isfinite(card.margin(np.full((1, 3), np.nan))).all()
