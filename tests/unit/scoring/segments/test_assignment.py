"""A customer moves at once on clear news, after three nights otherwise, and for a named reason."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.segments.assignment import (
    NONE,
    Assigned,
    Night,
    State,
    assign,
    move_reasons,
    words_of,
)

FAR = np.inf


def assigned(distances: list[float], segment: int = 0, nights_off: int = 0) -> Assigned:
    """Assign one customer with distances to the first segments; the others are unused."""
    row = np.array([[*distances, *[FAR] * (8 - len(distances))]])
    return assign(row, State(np.array([segment]), np.array([nights_off])))


def reason(before: State, after: Assigned, **night: object) -> str | None:
    facts = {"recency_days": 50.0, "has_earlier": True, "is_stale": False, "is_refitted": False}
    columns = {name: np.array([value]) for name, value in (facts | night).items()}
    [word] = move_reasons(after.segment, before, Night(**columns))
    return word


def test_a_new_customer_takes_the_nearest_segment() -> None:
    after = assigned([2.0, 1.0, 3.0], segment=NONE)

    assert (after.segment[0], after.runner_up[0]) == (1, 0)
    assert (after.own_distance[0], after.runner_up_distance[0]) == (1.0, 2.0)


def test_a_customer_at_the_border_stays() -> None:
    after = assigned([1.0, 0.9])

    assert (after.segment[0], after.nearest[0], after.nights_off[0]) == (0, 1, 1)
    assert after.runner_up[0] == 1


def test_a_clearly_nearer_segment_takes_the_customer_at_once() -> None:
    after = assigned([1.0, 0.79])

    assert (after.segment[0], after.nights_off[0]) == (1, 0)


def test_the_third_night_off_moves_the_customer() -> None:
    assert assigned([1.0, 0.9], nights_off=1).segment[0] == 0
    assert assigned([1.0, 0.9], nights_off=2).segment[0] == 1


def test_a_night_at_home_starts_the_count_again() -> None:
    assert assigned([0.9, 1.0], nights_off=2).nights_off[0] == 0


def test_a_segment_that_the_model_lost_is_left() -> None:
    assert assigned([2.0, 1.0], segment=5).segment[0] == 1


@pytest.mark.parametrize(
    ("expected", "night"),
    [
        ("new", {"has_earlier": False}),
        ("returned", {"is_stale": True}),
        ("refit", {"is_refitted": True, "recency_days": 0.0}),
        ("purchase", {"recency_days": 0.0}),
        ("ageing", {}),
        ("ageing", {"recency_days": np.inf}),
    ],
)
def test_every_move_has_a_reason(expected: str, night: dict[str, object]) -> None:
    before = State(np.array([0]), np.array([0]))

    assert reason(before, assigned([1.0, 0.5]), **night) == expected


def test_a_move_on_the_third_night_after_a_purchase_is_caused_by_it() -> None:
    before = State(np.array([0]), np.array([2]))
    after = assigned([1.0, 0.9], nights_off=2)

    assert reason(before, after, recency_days=2.0) == "purchase"
    assert reason(before, after, recency_days=3.0) == "ageing"


def test_a_customer_that_stays_has_no_reason() -> None:
    before = State(np.array([0]), np.array([0]))

    assert reason(before, assigned([0.5, 1.0]), recency_days=0.0, is_refitted=True) is None


def test_indexes_become_ids_and_none_becomes_null() -> None:
    known = np.array([True, True, False])

    assert words_of(np.array([0, 7, NONE]), known) == ["s1", "s8", None]
