"""Hold measured values against their bars. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Bar = float | tuple[float, float]


@dataclass(frozen=True, slots=True)
class Check:
    """A measured value and whether it holds its bar; without a bar it only informs."""

    name: str
    value: float
    bar: Bar | None

    @property
    def holds(self) -> bool:
        """Whether the value reaches its bar, or lies between both bounds."""
        if self.bar is None:
            return True
        if isinstance(self.bar, tuple):
            return bool(self.bar[0] <= self.value <= self.bar[1])
        return bool(self.value >= self.bar)

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for a report."""
        bar = list(self.bar) if isinstance(self.bar, tuple) else self.bar
        return {"name": self.name, "value": float(self.value), "bar": bar, "holds": self.holds}


def as_lines(checks: Sequence[Check]) -> list[str]:
    """Return the checks with a bar, as lines for a person."""
    return [
        f"{'holds' if check.holds else 'DOES NOT HOLD':>14}  {check.name:44} "
        f"{check.value:.3f}  bar {check.bar}"
        for check in checks
        if check.bar is not None
    ]
