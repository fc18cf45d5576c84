"""Declares the features of a card customer on one night, in the order of a model's matrix.

A night describes a UTC day D, known whole; the look-back is the 90 days that end with D. Spending
is the purchases by card at all merchants, in the base currency; refunds and checks are no spending.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from features.views.declarations import Feature, amount, count, ratio, share

#: Days of spending that a night reads, its own day included; dbt's macro `card_days` is the same.
LOOK_BACK_DAYS = 90


def customer_features() -> Iterator[Feature]:
    """Yield every feature of the customers view."""
    yield from _spending()
    yield from _activity()
    yield from _mix()


def _spent(name: str, text: str) -> Feature:
    return replace(amount(name, "card spending", text, "Your card spending"), required=True)


def _spending() -> Iterator[Feature]:
    yield _spent("spend_7d", "Spending of 7 days")
    yield _spent("spend_30d", "Spending of 30 days")
    yield _spent("spend_60d_to_30d", "Spending of the 30 days before those 30 days")
    yield _spent("spend_90d_to_60d", "Spending of the first 30 days of 90")
    yield _spent("spend_90d", "Spending of 90 days")
    yield _spent("mean_30d", "Spending per 30 observed days of the look-back")
    yield ratio(
        "trend", "change of card spending",
        "Spending of 30 days over the mean of the two times 30 days before",
        "A change of your card spending",
    )  # fmt: skip


def _activity() -> Iterator[Feature]:
    for days in (30, 90):
        yield count(
            f"transaction_count_{days}d", "number of card payments",
            f"Purchases in {days} days", "How often you pay by card",
        )  # fmt: skip
    for days in (30, 90):
        yield count(
            f"active_days_{days}d", "number of card payments",
            f"Days with a purchase in {days} days", "How often you pay by card",
        )  # fmt: skip
    yield count(
        "tenure_days", "time since the first card payment",
        "Days from the first purchase of the look-back to the day",
        "The time since your first card payment", required=False,
    )  # fmt: skip
    yield count(
        "recency_days", "time since the last card payment",
        "Days from the last purchase to the day", "The time since your last card payment",
        required=False,
    )  # fmt: skip
    yield count(
        "observed_days", "known card spending",
        "Days of the look-back since the first card transaction of all customers",
        "The days of card spending that are known",
    )  # fmt: skip


def _mix() -> Iterator[Feature]:
    yield amount(
        "mean_transaction_90d", "size of a card payment",
        "Spending per purchase in 90 days", "The size of your card payments",
    )  # fmt: skip
    yield amount(
        "usual_transaction_90d", "size of a card payment",
        "Median over the days with purchases in 90 days of the spending per purchase",
        "The usual size of your card payments",
    )  # fmt: skip
    yield amount(
        "largest_day_90d", "size of a card payment",
        "Largest spending of a day in 90 days", "Your largest day of spending",
    )  # fmt: skip
    yield count(
        "category_count_90d", "categories", "Categories with spending in 90 days",
        "The categories of your spending",
    )  # fmt: skip
    yield share(
        "category_top_share_90d", "categories",
        "Share of the largest category in the spending of 90 days",
        "Your largest category of spending",
    )  # fmt: skip
    yield share(
        "weekend_share_90d", "days of the week",
        "Share of Saturdays and Sundays in the spending of 90 days",
        "The days on which you spend",
    )  # fmt: skip
