"""A challenger is in shadow for at least so many days and rows, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from scoring.shadow.standing import Standing

BEGAN = datetime(2026, 11, 3, 12, tzinfo=UTC)


def test_days_and_rows_below_the_minimum_are_named() -> None:
    young = Standing(days=9, rows=4_000, failures=0, began_at=BEGAN)

    assert young.shortfall(14, 5_000) == "its shadow lacks 5 of 14 days and 1,000 of 5,000 rows"
    assert young.shortfall(9, 5_000) == "its shadow lacks 1,000 of 5,000 rows"
    assert young.shortfall(9, 4_000) is None


def test_a_shadow_expires_after_its_longest_time() -> None:
    standing = Standing(days=90, rows=1, failures=0, began_at=BEGAN)

    assert standing.ends_at(90) == BEGAN + timedelta(days=90)
    assert not standing.has_expired(90, BEGAN + timedelta(days=89, hours=23))
    assert standing.has_expired(90, BEGAN + timedelta(days=90))


def test_a_challenger_that_never_was_in_shadow_has_no_end() -> None:
    unseen = Standing(days=0, rows=0, failures=0, began_at=None)

    assert unseen.ends_at(90) is None
    assert not unseen.has_expired(90, BEGAN)
    assert unseen.shortfall(1, 1) == "its shadow lacks 1 of 1 days and 1 of 1 rows"
