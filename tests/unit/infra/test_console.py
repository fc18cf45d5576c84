"""The terminal shows values as they are and fits wide rows to the screen."""

from __future__ import annotations

import pytest

from infra.local.console import console, table


def test_a_value_with_brackets_is_shown_as_it_is() -> None:
    with console.capture() as screen:
        table("", ["reason"], [("[red]",)])

    assert "[red]" in screen.get()


@pytest.mark.parametrize(("columns", "is_grid"), [(2, True), (30, False)])
def test_rows_too_wide_for_the_screen_become_records(columns: int, is_grid: bool) -> None:
    names = [f"column_{number}" for number in range(columns)]

    with console.capture() as screen:
        table("", names, [tuple(f"value {number}" for number in range(columns))])

    assert ("┏" in screen.get()) == is_grid
    assert all(name in screen.get() for name in names)
