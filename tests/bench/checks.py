"""Define a part of the benchmark and its checks; every bar is a ratio within one run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tests.bench.histories import template as of_traffic
from tests.bench.sides import Measured
from tests.bench.world import Bench


class History(Protocol):
    """The rows before a measurement, which measurements with the same past share."""

    @property
    def history(self) -> str:
        """Return the name of the database that holds them."""


Results = dict[str, Measured]
Tell = Callable[[str, Measured], None]


@dataclass(frozen=True, slots=True)
class Check:
    """Hold one bar."""

    name: str
    value: float
    bar: float | None
    at_most: bool = False

    @property
    def holds(self) -> bool:
        """Return whether the bar is reached."""
        if self.bar is None:
            return True
        return self.value <= self.bar if self.at_most else self.value >= self.bar


@dataclass(frozen=True, slots=True)
class Part:
    """Hold measurements of one run, and their comparison."""

    name: str
    about: str
    measure: Callable[[Bench, Tell, int], Results]
    judge: Callable[[Mapping[str, Measured]], list[Check]]
    histories: tuple[History, ...] = ()
    rounds: int = 1
    template: Callable[[Bench, Any], object] = of_traffic
