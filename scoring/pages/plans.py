"""Hold the rows of a page about plans of stock, with their pictures. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from scoring.pages import pictures

AT_RISK = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTotal:
    """The products of a class, or those without a plan by status."""

    stock_class: str | None
    status: str
    is_degraded: bool
    products: int
    orders: int
    order_units: float | None
    expected_lost: float | None
    likely_out: int
    dead: int
    excess_units: float | None
    expiring_units: float | None
    transfers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan of one product."""

    merchant_id: str
    product_id: str
    category: str | None
    night: date
    decision_id: str
    stock_class: str
    service_level: float
    on_hand: float
    available: float
    inbound: float
    expected_units: Sequence[float]
    days_of_cover: float | None
    run_out_probability: float
    unpreventable_probability: float
    expected_lost: float
    order_in_days: int
    order_units: float
    saved_units: float
    transfer_from: Sequence[str]
    transfer_to: Sequence[str]
    transfer_units: Sequence[float]
    inbound_units: Sequence[float] | None
    inbound_due: Sequence[float] | None

    @property
    def order_day(self) -> date:
        """The day of the next order."""
        return self.night + timedelta(days=1 + self.order_in_days)

    @property
    def transfers(self) -> list[tuple[str, str, float]]:
        """Source, destination and pieces of each transfer."""
        parts = (self.transfer_from, self.transfer_to, self.transfer_units)
        return list(zip(*parts, strict=True))

    @property
    def arrivals(self) -> list[tuple[int, float]]:
        """Day ahead and pieces of each delivery under way; an overdue one may come tomorrow."""
        pairs = zip(self.inbound_due or (), self.inbound_units or (), strict=True)
        return [(max(int(due), 1), pieces) for due, pieces in pairs]

    def levels(self) -> list[float]:
        """Return the expected pieces at the end of the night and of each day ahead.

        A day without pieces sells nothing, and what it could have sold is lost.
        """
        coming: dict[int, float] = {}
        for day, pieces in self.arrivals:
            coming[day] = coming.get(day, 0.0) + pieces
        levels = [max(self.available, 0.0)]
        for day, units in enumerate(self.expected_units, start=1):
            levels.append(max(levels[-1] + coming.get(day, 0.0) - units, 0.0))
        return levels

    def picture(self) -> str:
        """Return the chart of the expected stock without a new order."""
        title = (
            f"{self.product_id}: {self.available:,.0f} pieces after {self.night}, and the expected "
            f"stock of {len(self.expected_units)} days without a new order"
        )
        return pictures.stock(
            self.levels(),
            self.night,
            title,
            arrivals=self.arrivals,
            order_day=1 + self.order_in_days if self.order_units > 0 else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """The rows of a run of `plan_stock`.

    Args:
        totals: by class.
        at_risk: the products that lose the most margin if nothing is ordered, the worst first.
    """

    totals: Sequence[PlanTotal] = ()
    at_risk: Sequence[Plan] = ()
    template: str = field(default="plans.html", init=False)

    @property
    def degraded(self) -> Mapping[str, int]:
        """Products without a plan by status."""
        return {each.status: each.products for each in self.totals if each.is_degraded}

    @property
    def products(self) -> int:
        """The number of products."""
        return sum(each.products for each in self.totals)

    @property
    def planned(self) -> int:
        """The number of products with a plan."""
        return sum(each.products for each in self.totals if not each.is_degraded)

    @property
    def example(self) -> str:
        """The id of the product at the greatest risk."""
        return self.at_risk[0].decision_id if self.at_risk else ""

    def sum(self, name: str) -> float:
        """Return the sum of a number of the totals."""
        return sum(getattr(each, name) or 0 for each in self.totals)
