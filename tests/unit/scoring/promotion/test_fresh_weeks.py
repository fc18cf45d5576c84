"""A gate looks at whole weeks that no model and no earlier gate has seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scoring.models.matured_rows import Knowledge
from scoring.promotion.fresh_weeks import DAY, MOST_WEEKS, WEEK, Waiting, Window, choose

LEARNT = datetime(2026, 1, 31, 13, tzinfo=UTC)  # the last day of a month
MATURITY = timedelta(days=7)


def known_at(moment: datetime) -> Knowledge:
    return Knowledge(moment, moment - MATURITY)


def test_the_day_of_the_newest_learnt_row_is_not_fresh() -> None:
    as_of = datetime(2026, 3, 8, 15, tzinfo=UTC)

    window = choose(LEARNT, None, known_at(as_of), 4)

    assert window == Window(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))


def test_a_gate_waits_until_enough_weeks_have_matured_and_then_goes_on() -> None:
    waiting = choose(LEARNT, None, known_at(datetime(2026, 3, 7, 23, tzinfo=UTC)), 4)

    assert isinstance(waiting, Waiting)
    assert waiting.weeks == 3
    assert waiting.ready_at == datetime(2026, 3, 8, tzinfo=UTC)
    assert isinstance(choose(LEARNT, None, known_at(waiting.ready_at), 4), Window)


def test_knowledge_that_ends_before_the_training_has_no_fresh_week() -> None:
    assert choose(LEARNT, None, known_at(LEARNT - 90 * DAY), 4) == Waiting(
        0, datetime(2026, 3, 8, tzinfo=UTC)
    )


def test_of_a_long_past_the_newest_weeks_are_taken() -> None:
    window = choose(LEARNT, None, known_at(LEARNT + 1000 * DAY), 4)

    assert isinstance(window, Window)
    assert window.weeks == MOST_WEEKS
    assert sum(part.weeks for part in window.parts(4)) == MOST_WEEKS
    assert window.parts(4)[-1].end == window.end


@given(st.integers(0, 10_000), st.integers(4, 8))
def test_windows_of_one_model_never_overlap(seed: int, fewest: int) -> None:
    used_until, now = None, LEARNT

    for pause in np.random.default_rng(seed).integers(0, 60 * 24, 12):
        now += timedelta(hours=int(pause))
        window = choose(LEARNT, used_until, known_at(now), fewest)
        if isinstance(window, Waiting):
            assert window.weeks < fewest
            assert window.ready_at > now
            continue
        assert window.start > LEARNT
        assert used_until is None or window.start >= used_until
        assert window.end + MATURITY <= now
        assert (window.end - window.start) % WEEK == timedelta(0)
        assert window.weeks >= fewest
        used_until = window.end
