"""Hold the rows of a page about forecasts of demand, with their pictures. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from scoring.pages import pictures

#: Days before the night that a picture shows, the night included.
PAST_DAYS = 56
LARGEST = 10
WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTotal:
    """The series of a class; a class of None has no forecast."""

    demand_class: str | None
    status: str
    series: int
    units: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A promotion that was known to the night; days are counted from the night."""

    first: int
    last: int
    price: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One forecast with the days before it."""

    merchant_id: str
    product_id: str
    channel: str
    category: str | None
    demand_class: str
    method: str
    night: date
    decision_id: str
    expected_units: float
    mean_units: Sequence[float]
    low_units: Sequence[float]
    high_units: Sequence[float]
    past: Sequence[float] = ()
    promotions: Sequence[Promotion] = ()

    @property
    def title(self) -> str:
        """The product, with its channel if it has one."""
        return f"{self.product_id} · {self.channel}" if self.channel else self.product_id

    @property
    def weeks(self) -> list[float]:
        """The mean units of each week ahead."""
        return week_sums(self.mean_units)

    @property
    def sold(self) -> float:
        """The units of the four weeks before."""
        return sum(self.past[-4 * WEEK :])

    def day(self, ahead: int) -> date:
        """Return the date of a day ahead."""
        return self.night + timedelta(days=ahead)

    def picture(self) -> str:
        """Return the chart of past units and the forecast."""
        title = (
            f"{self.title}: units of the {PAST_DAYS} days to {self.night}, and the forecast of "
            f"{len(self.mean_units)} days: {self.expected_units:,.1f} units in all"
        )
        return pictures.forecast(
            self.past,
            self.mean_units,
            self.night,
            title,
            band=(self.low_units, self.high_units),
            promotions=[(each.first, each.last) for each in self.promotions],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasts:
    """The rows of a run of `forecast_demand`.

    Args:
        totals: by class.
        largest: the largest forecasts, the largest first.
        night: the day that closed; None where the rows have several nights, or there is no row.
        past: units of all series by day, to the night.
        mean: expected units of all series by day ahead.
    """

    totals: Sequence[ClassTotal] = ()
    largest: Sequence[Series] = ()
    night: date | None = None
    past: Sequence[float] = ()
    mean: Sequence[float] = ()
    template: str = field(default="forecasts.html", init=False)

    @property
    def degraded(self) -> Mapping[str, int]:
        """Series without a forecast by status."""
        return {each.status: each.series for each in self.totals if each.demand_class is None}

    @property
    def series(self) -> int:
        """The number of series."""
        return sum(each.series for each in self.totals)

    @property
    def units(self) -> float:
        """The expected units of all series."""
        return sum(each.units or 0.0 for each in self.totals)

    @property
    def weeks(self) -> list[float]:
        """The mean units of each week ahead."""
        return week_sums(self.mean)

    @property
    def example(self) -> str:
        """The id of the largest forecast."""
        return self.largest[0].decision_id if self.largest else ""

    def picture(self) -> str:
        """Return the chart of all series; "" where the rows have several nights."""
        if self.night is None or not self.mean:
            return ""
        title = f"Units of all series by day to {self.night}, and the sum of their forecasts"
        return pictures.forecast(self.past, self.mean, self.night, title)


def week_sums(days: Sequence[float]) -> list[float]:
    """Return the sum of each week."""
    return [sum(days[first : first + WEEK]) for first in range(0, len(days), WEEK)]
