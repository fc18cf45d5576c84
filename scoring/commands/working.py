"""Show the progress of a command on standard error: rows, rate and time left.

A terminal has one line that changes. A file or a pipe receives a new line every few seconds.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TextIO, cast

import structlog

from features.platform import logs, progress

FIRST_AFTER = 2.0  # a shorter step shows nothing
EVERY_ON_TERMINAL = 0.5
EVERY_IN_FILE = 5.0
_ERASE = "\r\x1b[2K"


@dataclass
class Step:
    """The progress of one step."""

    name: str
    began: float
    done: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)

    def advance(self, unit: str, count: int, total: int | None) -> None:
        """Count more units of the step; the listener of `features.platform.progress`."""
        self.done[unit] = self.done.get(unit, 0) + count
        if total is not None:
            self.totals[unit] = total

    def line(self, now: float) -> str:
        """Return the progress as one line."""
        seconds = max(now - self.began, 1e-9)
        parts = [self._counted(unit, seconds) for unit in list(self.done)]
        return f"{self.name}: " + ", ".join([*parts, f"{_clock(seconds)} so far"])

    def _counted(self, unit: str, seconds: float) -> str:
        done, total = self.done[unit], self.totals.get(unit)
        if total is not None and done > total:
            total = None  # a second stage counts the same units: the total was that of the first
        rate = done / seconds
        text = f"{done:,} {unit}" if total is None else f"{done:,} of {total:,} {unit}"
        if rate:
            text += f", {rate:,.0f} {unit}/s" if rate >= 1 else f", {rate:.2f} {unit}/s"
        if total is not None and rate and done < total:
            text += f", {_clock((total - done) / rate)} left"
        return text


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Board:
    """The line of progress on a stream; log lines that pass through it stay whole."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream
        self.is_terminal = stream.isatty()
        self.clock = clock
        self._step: Step | None = None
        self._last = 0.0
        self._is_drawn = False
        self._lock = threading.Lock()

    def write(self, text: str) -> int:
        """Write the text of a log line; erase the line of progress first."""
        with self._lock:
            self._erase()
            return self.stream.write(text)

    def flush(self) -> None:
        """Flush the stream."""
        self.stream.flush()

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self.is_terminal

    @contextmanager
    def working(self, name: str) -> Iterator[Step]:
        """Show the progress of the block."""
        step = Step(name, self.clock())
        self._step, self._last = step, step.began
        ended = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(ended,), name="progress", daemon=True)
        ticker.start()
        try:
            with progress.listening(step.advance):
                yield step
        finally:
            ended.set()
            ticker.join()
            self._step = None
            with self._lock:
                self._erase()

    def _tick(self, ended: threading.Event) -> None:
        while not ended.wait(EVERY_ON_TERMINAL / 2):
            self.draw()

    def draw(self) -> None:
        """Draw the progress if it is due."""
        step, now = self._step, self.clock()
        every = EVERY_ON_TERMINAL if self.is_terminal else EVERY_IN_FILE
        if step is None or now - step.began < FIRST_AFTER or now - self._last < every:
            return
        with self._lock:
            self._last = now
            if self.is_terminal:
                self.stream.write(_ERASE + step.line(now))
                self._is_drawn = True
            else:
                self.stream.write(step.line(now) + "\n")
            self.stream.flush()

    def _erase(self) -> None:
        if self._is_drawn:
            self.stream.write(_ERASE)
            self._is_drawn = False


_board: ContextVar[Board | None] = ContextVar("board", default=None)


@contextmanager
def installed() -> Iterator[None]:
    """Send log lines and progress of the block to standard error.

    A terminal shows warnings only, because the progress tells the rest.
    """
    board = Board(sys.stderr)
    before = structlog.get_config()
    level = logging.WARNING if board.is_terminal else logging.INFO
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", board)),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    logs.install()
    token = _board.set(board)
    try:
        yield
    finally:
        _board.reset(token)
        structlog.configure(**before)


@contextmanager
def working(name: str) -> Iterator[Step]:
    """Show the progress of the block on standard error."""
    with (_board.get() or Board(sys.stderr)).working(name) as step:
        yield step
