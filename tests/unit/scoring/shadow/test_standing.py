"""A challenger is in shadow for at least so many days and rows before a promotion."""

from __future__ import annotations

from scoring.shadow.standing import Standing


def test_days_and_rows_below_the_minimum_are_named() -> None:
    young = Standing(days=9, rows=4_000, failures=0)

    assert young.shortfall(14, 5_000) == "its shadow lacks 5 of 14 days and 1,000 of 5,000 rows"
    assert young.shortfall(9, 5_000) == "its shadow lacks 1,000 of 5,000 rows"
    assert young.shortfall(9, 4_000) is None
