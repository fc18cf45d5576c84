"""Draw the small charts of a run's page as SVG. Pure.

The colours are classes of the page's style, so a chart follows the light and the dark theme.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from html import escape

from features.tryout.pictures import next_round, short

WIDTH, HEIGHT = 520, 168
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 12, 24
#: Texts of one width, in pixels of the chart.
_LABEL = 46


def forecast(
    past: Sequence[float],
    mean: Sequence[float],
    night: date,
    title: str,
    *,
    band: tuple[Sequence[float], Sequence[float]] | None = None,
    promotions: Sequence[tuple[int, int]] = (),
) -> str:
    """Return the units of past days as bars, and the forecast as a line with its band.

    Args:
        past: units of the days that end with the night.
        mean: of each day ahead.
        night: the day that closed.
        title: the sentence for readers who cannot see the chart.
        band: lower and upper quantiles of each day ahead.
        promotions: first and last day ahead of each; day 0 is the night.
    """
    highest = max([*past, *mean, *(band[1] if band else ())], default=0.0)
    frame = _Frame(-len(past) + 1, len(mean), highest)
    ahead = range(1, len(mean) + 1)
    parts = [*_promoted(frame, promotions), *frame.grid(night)]
    parts += [
        frame.bar(day, units, "past")
        for day, units in zip(range(frame.first, 1), past, strict=True)
        if units > 0
    ]
    if band:
        edge = [*zip(ahead, band[0], strict=True), *reversed([*zip(ahead, band[1], strict=True)])]
        parts.append(f'<polygon class="band" points="{frame.points(edge)}"/>')
    parts.append(
        f'<polyline class="mean" points="{frame.points([*zip(ahead, mean, strict=True)])}"/>'
    )
    return _svg(parts, title)


def stock(
    levels: Sequence[float],
    night: date,
    title: str,
    *,
    arrivals: Sequence[tuple[int, float]] = (),
    order_day: int | None = None,
) -> str:
    """Return the expected stock at the end of the night and of each day ahead.

    Args:
        levels: pieces; the first one is the night's.
        night: the day that closed.
        title: the sentence for readers who cannot see the chart.
        arrivals: day ahead and pieces of each delivery under way.
        order_day: the day ahead of a proposed order.
    """
    frame = _Frame(0, len(levels) - 1, max(levels, default=0.0))
    parts = frame.grid(night)
    days = [*enumerate(levels)]
    floor = [(len(levels) - 1, 0.0), (0, 0.0)]
    parts.append(f'<polygon class="stock" points="{frame.points([*days, *floor])}"/>')
    parts.append(f'<polyline class="level" points="{frame.points(days)}"/>')
    out = next((day for day, pieces in days if pieces <= 0), None)
    if out is not None:
        parts += _mark(frame, out, "runs out", "out")
    if order_day is not None and 0 <= order_day < len(levels):
        parts += _mark(frame, order_day, "order", "order", low=True)
    for day, pieces in arrivals:
        if 0 < day < len(levels):
            at = f"{frame.x(day):.1f}"
            parts.append(
                f'<g><title>{short(pieces)} pieces arrive</title><path class="arrival" '
                f'd="M{at} {_TOP + 14} l-5 -9 h10 z"/></g>'
            )
    return _svg(parts, title)


class _Frame:
    """The axes of a chart: days from left to right, numbers from zero to a round number."""

    def __init__(self, first: int, last: int, highest: float) -> None:
        self.first, self.last = first, last
        step = next_round(highest / 3) if highest > 0 else 1.0
        intervals = max(math.ceil(highest / step - 1e-9), 1)
        self.ticks = [step * place for place in range(intervals + 1)]
        self._step = (WIDTH - _LEFT - _RIGHT) / (last - first + 1)

    def x(self, day: float) -> float:
        """Return the place of the middle of a day."""
        return _LEFT + (day - self.first + 0.5) * self._step

    def y(self, value: float) -> float:
        """Return the place of a number."""
        return HEIGHT - _BOTTOM - max(value, 0.0) / self.ticks[-1] * (HEIGHT - _BOTTOM - _TOP)

    def points(self, pairs: Sequence[tuple[float, float]]) -> str:
        """Return the points of a line through days and numbers."""
        return " ".join(f"{self.x(day):.1f},{self.y(value):.1f}" for day, value in pairs)

    def bar(self, day: int, value: float, kind: str) -> str:
        """Return the bar of a day."""
        top = self.y(value)
        return (
            f'<rect class="{kind}" x="{self.x(day) - 0.4 * self._step:.1f}" y="{top:.1f}" '
            f'width="{0.8 * self._step:.1f}" height="{self.y(0) - top:.1f}"/>'
        )

    def span(self, first: int, last: int, kind: str) -> str:
        """Return an area over the whole height, of some days."""
        left, right = self.x(first) - self._step / 2, self.x(last) + self._step / 2
        return (
            f'<rect class="{kind}" x="{left:.1f}" y="{_TOP}" width="{right - left:.1f}" '
            f'height="{HEIGHT - _BOTTOM - _TOP}"/>'
        )

    def grid(self, night: date) -> list[str]:
        """Return the lines of the grid with their numbers, the dates, and the line of the night."""
        parts = []
        for tick in self.ticks:
            y = self.y(tick)
            parts.append(
                f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" '
                f'y2="{y:.1f}"/><text x="{_LEFT - 6}" y="{y + 4:.1f}" '
                f'text-anchor="end">{short(tick)}</text>'
            )
        for day in self._dates():
            x = min(max(self.x(day), _LEFT + _LABEL / 2 - 8), WIDTH - _LABEL / 2)
            text = f"{night + timedelta(days=day):%-d %b}"
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 7}" text-anchor="middle">{text}</text>')
        if self.first < 0 < self.last:
            x = self.x(0.5)
            parts.append(
                f'<line class="night" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" '
                f'y2="{HEIGHT - _BOTTOM}"/>'
            )
        return parts

    def _dates(self) -> Iterator[int]:
        """Yield the days with a date: the night, and each second or fourth week from it."""
        weeks = 7 if self.last - self.first <= 35 else 14
        yield from range(-(-self.first // weeks) * weeks, self.last + 1, weeks)


def _promoted(frame: _Frame, promotions: Sequence[tuple[int, int]]) -> Iterator[str]:
    for first, last in promotions:
        if first <= frame.last and last >= frame.first:
            yield frame.span(max(first, frame.first), min(last, frame.last), "promotion")


def _mark(frame: _Frame, day: int, text: str, kind: str, *, low: bool = False) -> Iterator[str]:
    """Yield a vertical line with a word beside it."""
    x = frame.x(day)
    is_right = x > WIDTH * 0.7
    y = HEIGHT - _BOTTOM - 8 if low else _TOP + 24
    yield f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}"/>'
    yield (
        f'<text class="{kind}" x="{x + (-5 if is_right else 5):.1f}" y="{y}" '
        f'text-anchor="{"end" if is_right else "start"}">{text}</text>'
    )


def _svg(parts: Sequence[str], title: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )
