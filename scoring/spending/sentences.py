"""Explain one forecast to a person: the known past, and the steps from it to the point. Pure."""

from __future__ import annotations

from datetime import datetime

from scoring.spending.horizon import Steps
from scoring.spending.past import Past


def of_past(past: Past, night: datetime) -> list[str]:
    """Return the known purchases of one customer: [1].

    Args:
        past: of one customer.
        night: the start of the day with which the look-back ends.
    """
    observed = f"{past.observed[0]:.0f} known days up to {night:%Y-%m-%d}"
    if past.purchases[0] == 0:
        return [f"no purchase in {observed}"]
    return [
        f"{past.purchases[0]:.0f} purchases in {observed}, the last one "
        f"{past.recency[0]:.0f} days before",
        f"{past.mean[0]:,.2f} per purchase on average, {past.usual[0]:,.2f} usually",
    ]


def of_steps(steps: Steps, days: int) -> list[str]:
    """Return the steps of one forecast: [1]."""
    return [
        f"shrunk towards all customers: {steps.rate[0]:.3f} purchases a day of "
        f"{steps.amount[0]:,.2f}",
        f"changed by {steps.factor[0] - 1:+.1%} for unusual amounts, the trend and the time since "
        "the last purchase",
        f"{steps.rate[0]:.3f} x {steps.amount[0]:,.2f} x {steps.factor[0]:.3f} x {days} days = "
        f"{steps.rate[0] * steps.amount[0] * steps.factor[0] * days:,.2f}",
    ]
