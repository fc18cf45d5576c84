"""Folding loses and doubles no window, and a run never gets more rows than it may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from scoring.runs.gaps import Undecided, WindowState
from scoring.runs.stretches import Stretch, folded, to_decide

HOUR = timedelta(hours=1)
ORIGIN = datetime(2018, 4, 1, tzinfo=UTC)
MOST_ROWS = 10


@st.composite
def windows(draw: st.DrawFn) -> list[Undecided]:
    """Return undecided windows of one job: decided ones lie between some of them."""
    states = st.one_of(st.none(), st.sampled_from(WindowState))
    drawn = draw(st.lists(st.tuples(states, st.integers(0, 15), st.integers(0, 2)), max_size=40))
    return [
        Undecided(
            "score_transactions",
            ORIGIN + place * HOUR,
            ORIGIN + (place + 1) * HOUR,
            state,
            rows if draw(st.booleans()) else 0,
            None if state is WindowState.MISSING else UUID(int=run),
            f"failure {run}" if state is WindowState.FAILED else None,
        )
        for place, (state, rows, run) in enumerate(drawn)
        if state is not None
    ]


@given(windows())
def test_nights_with_rows_have_a_run_of_their_own(undecided: list[Undecided]) -> None:
    for stretch in to_decide(undecided, 0):
        assert stretch.windows == 1 or stretch.rows_pending == 0


def starts_in(stretch: Stretch) -> list[datetime]:
    return [stretch.start + n * HOUR for n in range((stretch.end - stretch.start) // HOUR)]


@given(windows())
def test_a_listing_has_each_window_once_in_order(undecided: list[Undecided]) -> None:
    listed = folded(undecided)

    assert [start for each in listed for start in starts_in(each)] == [
        window.start for window in undecided
    ]
    assert sum(each.rows_pending for each in listed) == sum(w.rows_pending for w in undecided)
    assert sum(each.windows_with_rows for each in listed) == sum(
        w.rows_pending > 0 for w in undecided
    )
    assert {(start, each.state) for each in listed for start in starts_in(each)} == {
        (window.start, window.state) for window in undecided
    }


@given(windows())
def test_no_two_lines_of_a_listing_could_be_one(undecided: list[Undecided]) -> None:
    for one, next_one in pairwise(folded(undecided)):
        is_missing = one.state is next_one.state is WindowState.MISSING
        assert not (one.end == next_one.start and is_missing)


@given(windows())
def test_every_gap_is_in_exactly_one_run(undecided: list[Undecided]) -> None:
    runs = to_decide(undecided, MOST_ROWS)

    expected = [w.start for w in undecided if w.state in (WindowState.MISSING, WindowState.FAILED)]
    assert sorted(start for run in runs for start in starts_in(run)) == expected


@given(windows())
def test_a_run_of_several_windows_has_a_limited_number_of_rows(undecided: list[Undecided]) -> None:
    for run in to_decide(undecided, MOST_ROWS):
        assert run.windows == 1 or run.rows_pending <= MOST_ROWS


@given(windows())
def test_empty_windows_between_decided_ones_need_one_run(undecided: list[Undecided]) -> None:
    empty = [window for window in undecided if window.state is WindowState.MISSING]
    empty = [Undecided(*(w.job, w.start, w.end, w.state), 0, None, None) for w in empty]

    assert [(run.start, run.end) for run in to_decide(empty)] == [
        (each.start, each.end) for each in folded(empty)
    ]


@given(windows())
def test_failed_windows_come_last_and_a_failed_run_is_never_repeated_whole(
    undecided: list[Undecided],
) -> None:
    runs = to_decide(undecided, MOST_ROWS)

    assert [run.state for run in runs] == sorted(
        (run.state for run in runs), key=lambda state: state is WindowState.FAILED
    )
    for run in runs:
        if run.state is WindowState.FAILED and run.windows > 1 and run.rows_pending:
            of_run = [w for w in undecided if w.run_id == run.run_id and w.state is run.state]
            assert run.windows < len(of_run)
