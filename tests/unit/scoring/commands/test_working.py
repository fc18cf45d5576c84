"""Progress appears after two seconds: a changing line on a terminal, whole lines in a file."""

from __future__ import annotations

from io import StringIO

import pytest

from features.platform import progress
from scoring.commands.working import Board


class Stream(StringIO):
    """A stream that may be a terminal."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


class Clock:
    """A clock that the test turns."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("is_terminal", [True, False])
def test_rows_rate_and_time_left_are_shown(is_terminal: bool) -> None:
    stream, clock = Stream(is_terminal=is_terminal), Clock()
    board = Board(stream, clock)

    with board.working("score"):
        progress.advance("rows", 40_000, 100_000)
        clock.now = 1.9
        board.draw()
        assert stream.getvalue() == ""
        clock.now = 10.0
        board.draw()
        shown = stream.getvalue()

    text = "score: 40,000 of 100,000 rows, 4,000 rows/s, 0:15 left, 0:10 so far"
    assert shown == (f"\r\x1b[2K{text}" if is_terminal else f"{text}\n")
    assert stream.getvalue().endswith("\r\x1b[2K" if is_terminal else "\n")


def test_a_total_that_a_second_stage_exceeds_is_not_shown() -> None:
    stream, clock = Stream(is_terminal=False), Clock()
    board = Board(stream, clock)

    with board.working("quality"):
        progress.advance("deliveries", 2, 2)
        progress.advance("deliveries", 2, 2)
        clock.now = 8.0
        board.draw()

    assert stream.getvalue() == "quality: 4 deliveries, 0.50 deliveries/s, 0:08 so far\n"


def test_a_file_gets_a_line_every_few_seconds_only() -> None:
    stream, clock = Stream(is_terminal=False), Clock()
    board = Board(stream, clock)

    with board.working("build"):
        for second in range(21):
            clock.now = float(second)
            board.draw()

    assert 3 <= stream.getvalue().count("\n") <= 4


def test_a_log_line_erases_the_line_of_progress_first() -> None:
    stream, clock = Stream(is_terminal=True), Clock()
    board = Board(stream, clock)

    with board.working("build"):
        clock.now = 3.0
        board.draw()
        board.write("a warning\n")

    assert stream.getvalue() == "\r\x1b[2Kbuild: 0:03 so far\r\x1b[2Ka warning\n"
