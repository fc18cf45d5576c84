"""Writes figures and tables of a report as Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scoring.simulation.rates import Rate


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a Markdown table whose columns are as wide as their texts."""
    widths = [max(len(row[place]) for row in (names, *rows)) for place in range(len(names))]
    yield _row(names, widths)
    yield _row(["-" * width for width in widths], widths)
    for row in rows:
        yield _row(row, widths)


def _row(values: Sequence[str], widths: Sequence[int]) -> str:
    return f"| {' | '.join(value.ljust(w) for value, w in zip(values, widths, strict=True))} |"


def share(value: float | None) -> str:
    """Return a share as a percentage of four digits at most; a dash for None."""
    if value is None:
        return "-"
    return f"{100 * value:.2f} %" if abs(value) < 0.1 else f"{100 * value:.1f} %"


def rate(value: Rate | None) -> str:
    """Return a rate with its interval."""
    if value is None:
        return "not observed"
    return f"{share(value.value)} ({share(value.low)} to {share(value.high)})"


def money(minor: int) -> str:
    """Return minor units as units of the currency."""
    return f"{minor / 100:,.0f}"
