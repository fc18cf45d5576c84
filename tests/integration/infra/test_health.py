"""A part of the stack is alive after a fresh heartbeat and settled after the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from infra.local.health import Settling, Sign

BEGAN = datetime(2026, 11, 21, 10, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("sign", "is_of_now"),
    [
        (Sign(7, at(-1)), True),
        (Sign(7, at(-1), since=at(-2)), True),
        (Sign(None, at(-1)), False),
        (Sign(7, None), False),
        (Sign(7, at(-31)), False),
        # the heartbeat of the previous process, or from before the server's crash
        (Sign(7, at(-2), since=at(-1)), False),
    ],
)
def test_a_heartbeat_counts_if_it_is_fresh_and_of_the_running_process(
    sign: Sign, is_of_now: bool
) -> None:
    assert sign.is_fresh(BEGAN) is is_of_now


def looks(*signs: tuple[float, Sign]) -> list[bool]:
    """Return for each look whether the scheduler has settled."""
    settling = Settling(BEGAN, seconds=3)
    return [not settling.missing({"scheduler": sign}, at(moment)) for moment, sign in signs]


def test_a_process_has_settled_at_its_second_heartbeat_after_the_start() -> None:
    settled = looks(
        (0, Sign(7, at(-1))),  # Airflow reports healthy
        (2, Sign(7, at(2))),
        (4, Sign(7, at(2))),  # the same heartbeat again
        (5, Sign(7, at(4.9))),
        (7, Sign(7, at(6.9))),
    )

    assert settled == [False, False, False, False, True]


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(Sign(None, at(3)), id="it has ended"),
        pytest.param(Sign(8, at(5)), id="another one was started"),
        pytest.param(Sign(7, None), id="it does not answer"),
        pytest.param(Sign(7, at(2), since=at(3)), id="the server has crashed since"),
    ],
)
def test_a_process_that_ends_or_falls_silent_must_settle_again(between: Sign) -> None:
    again = between.pid or 7
    settled = looks(
        (2, Sign(7, at(2))), (5, between), (7, Sign(again, at(7))), (11, Sign(again, at(11)))
    )

    assert settled == [False, False, False, True]


def test_a_settled_process_that_falls_silent_is_missing() -> None:
    settled = looks((2, Sign(7, at(2))), (6, Sign(7, at(6))), (40, Sign(7, at(6))))

    assert settled == [False, True, False]
