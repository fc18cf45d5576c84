"""Draw charts as SVG text: bars over time, bars over amounts, rates with their intervals.

A chart has one scale, dark text, and a sentence for readers who cannot see it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 880, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 14, 34
_WIDEST = 90.0  # of a bar: a few wide bars look like areas
INK, GRID, BAR, SECOND, MARK = "#1b1f24", "#d5dae0", "#2b6cb0", "#b9cfe6", "#9c3d00"


def bars(
    heights: Sequence[float],
    labels: Sequence[str],
    title: str,
    *,
    unit: str = "rows",
    upper: Sequence[float] | None = None,
    mark: tuple[int, str] | None = None,
) -> str:
    """Return a bar chart.

    Args:
        heights: of the bars, from left to right.
        labels: of the bars; a few of them are written below the axis, all are shown by a pointer.
        title: the sentence for readers who cannot see the chart.
        unit: the noun of the heights.
        upper: heights of second bars that stand on the first ones.
        mark: a vertical line: the bar that it precedes, and the text beside it.
    """
    tops = [low + (upper[place] if upper else 0) for place, low in enumerate(heights)]
    scale = _Scale(max(tops, default=0))
    step = (WIDTH - _LEFT - _RIGHT) / max(len(heights), 1)
    width = min(max(step * (0.86 if step > 4 else 1.0), 0.6), _WIDEST)
    parts = [*scale.grid()]
    for place, height in enumerate(heights):
        left = _LEFT + place * step + (step - width) / 2
        above = upper[place] if upper else 0
        hint = f"{labels[place]}: {height:,.0f} {unit}" + (f", {above:,.0f} more" if above else "")
        parts.append(f"<g><title>{escape(hint)}</title>")
        parts.append(_bar(left, width, scale.y(height), scale.y(0), BAR))
        if above:
            parts.append(_bar(left, width, scale.y(height + above), scale.y(height), SECOND))
        parts.append("</g>")
    parts += _labels(labels, step)
    if mark is not None:
        parts += _line(_LEFT + mark[0] * step, mark[1])
    return _svg(parts, title)


def rates(
    values: Sequence[float | None],
    intervals: Sequence[tuple[float, float] | None],
    labels: Sequence[str],
    title: str,
) -> str:
    """Return a chart of shares, each with its interval; a place without a share stays empty."""
    highest = max((interval[1] for interval in intervals if interval), default=0.0)
    # a place with a few values would flatten all others; its interval is cut at the top
    highest = min(highest, 3 * max((value or 0.0 for value in values), default=0.0) or highest)
    scale = _Scale(max(highest, 1e-6), is_share=True)
    step = (WIDTH - _LEFT - _RIGHT) / max(len(values), 1)
    parts = [*scale.grid()]
    for place, (value, interval) in enumerate(zip(values, intervals, strict=True)):
        if value is None or interval is None:
            continue
        x = _LEFT + (place + 0.5) * step
        low, high = interval
        hint = f"{labels[place]}: {value:.2%} (95 %: {low:.2%} to {high:.2%})"
        parts.append(f"<g><title>{escape(hint)}</title>")
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{scale.y(low):.1f}" '
            f'y2="{max(scale.y(high), _TOP):.1f}" stroke="{BAR}" stroke-width="2"/>'
        )
        parts.append(f'<circle cx="{x:.1f}" cy="{scale.y(value):.1f}" r="4" fill="{BAR}"/></g>')
    parts += _labels(labels, step)
    return _svg(parts, title)


class _Scale:
    """The vertical axis of a chart, from zero to a round number."""

    def __init__(self, highest: float, *, is_share: bool = False) -> None:
        self._is_share = is_share
        step = next_round(highest / 4) if highest > 0 else 1.0
        if not is_share:
            step = max(step, 1.0)
        self._ticks = [step * place for place in range(math.ceil(highest / step - 1e-9) + 1)]
        if len(self._ticks) < 2:
            self._ticks = [0.0, step]

    def y(self, value: float) -> float:
        """Return the place of a value."""
        return HEIGHT - _BOTTOM - value / self._ticks[-1] * (HEIGHT - _BOTTOM - _TOP)

    def grid(self) -> list[str]:
        """Return the lines of the grid with their numbers."""
        parts = []
        for tick in self._ticks:
            y = self.y(tick)
            text = _percent(tick, self._ticks[1]) if self._is_share else short(tick)
            parts.append(
                f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
                f'stroke="{GRID}"/><text x="{_LEFT - 8}" y="{y + 4:.1f}" '
                f'text-anchor="end">{text}</text>'
            )
        return parts


def next_round(value: float) -> float:
    """Return the next number of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= value * (1 - 1e-9))


def short(value: float) -> str:
    """Return a number from zero on as an axis shows it."""
    for size, sign in ((1e9, " bn"), (1e6, " m"), (1e4, " k")):
        if value >= size:
            unit = 1e3 if sign == " k" else size
            return f"{value / unit:,.4g}{sign}"
    return f"{value:,.4g}"


def _percent(value: float, step: float) -> str:
    digits = max(0, -math.floor(math.log10(step * 100) + 1e-9))
    return f"{value * 100:.{digits}f} %"


def _bar(left: float, width: float, top: float, bottom: float, fill: str) -> str:
    height = max(bottom - top, 0.0)
    return (
        f'<rect x="{left:.2f}" y="{top:.2f}" width="{width:.2f}" height="{height:.2f}" '
        f'fill="{fill}"/>'
    )


def _labels(labels: Sequence[str], step: float) -> list[str]:
    """Return as many labels below the axis as have room."""
    longest = max(map(len, labels), default=1)
    every = max(1, math.ceil((longest * 7.2 + 14) / step)) if labels else 1
    return [
        f'<text x="{_LEFT + (place + 0.5) * step:.1f}" y="{HEIGHT - _BOTTOM + 20}" '
        f'text-anchor="{_anchor(place, len(labels), step, longest)}">{escape(label)}</text>'
        for place, label in enumerate(labels)
        if place % every == 0 and (place + every / 2 < len(labels) or place == 0)
    ]


def _anchor(place: int, count: int, step: float, longest: int) -> str:
    half = longest * 3.6
    if (place + 0.5) * step < half - 40:
        return "start"
    return "end" if (count - place - 0.5) * step < half else "middle"


def _line(x: float, text: str) -> list[str]:
    is_right = x > WIDTH * 0.7
    return [
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 8}" y2="{HEIGHT - _BOTTOM}" '
        f'stroke="{MARK}" stroke-width="2" stroke-dasharray="5 4"/>',
        f'<text x="{x + (-6 if is_right else 6):.1f}" y="{_TOP}" fill="{MARK}" '
        f'text-anchor="{"end" if is_right else "start"}">{escape(text)}</text>',
    ]


def _svg(parts: Sequence[str], title: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}" '
        f'font-size="12.5" fill="{INK}">{"".join(parts)}</svg>'
    )
