"""Declares the features of a customer of a merchant on one night, in the order of a matrix.

A night describes a UTC day D, known whole. The look-back is the 400 days that end with D. A
purchase day is a day with a positive net: sales less discounts, returns and cancellations, of
merchandise only. Amounts have the base currency. Features of card payments are null unless the
source declares that shops and cards share their customer ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from features.views.declarations import Feature, amount, count, flag, number, ratio, share

#: Days of sales that a night reads, its own day included; dbt's macro `look_back_days` is the same.
LOOK_BACK_DAYS = 400


def customer_night_features() -> Iterator[Feature]:
    """Yield every feature of the customer nights view."""
    yield from _recency_frequency_monetary()
    yield from _recent()
    yield from _habits()
    yield from _cards()


def _net(name: str, text: str) -> Feature:
    """Declare an amount that is negative where returns exceed sales."""
    declared = amount(name, "net spending", text, "Your spending at the shop")
    return replace(declared, minimum=None, required=True)


def _recency_frequency_monetary() -> Iterator[Feature]:
    yield count(
        "recency_days", "time since the last purchase",
        "Days from the last purchase day to the day", "The time since your last purchase",
        required=False,
    )  # fmt: skip
    yield count(
        "frequency", "number of purchases",
        "Purchase days in the look-back of 400 days", "How often you buy",
    )  # fmt: skip
    yield _net("monetary", "Net of the look-back")
    yield count(
        "tenure_days", "time since the first purchase",
        "Days from the first purchase day of the look-back to the day",
        "The time since your first purchase", required=False,
    )  # fmt: skip
    yield count(
        "repeat_count", "number of purchases",
        "Purchase days after the first purchase day", "How often you came back",
    )  # fmt: skip
    yield count(
        "first_to_last_days", "time between purchases",
        "Days from the first to the last purchase day", "The span of your purchases",
        required=False,
    )  # fmt: skip
    yield number(
        "mean_interpurchase_days", "time between purchases",
        "Mean days between one purchase day and the next", "The time between your purchases",
        0, None,
    )  # fmt: skip


def _recent() -> Iterator[Feature]:
    for days in (30, 90, 365):
        yield _net(f"net_{days}d", f"Net of {days} days")
    for days in (30, 90):
        yield count(
            f"purchase_days_{days}d", "number of purchases",
            f"Purchase days in {days} days", "How often you bought recently",
        )  # fmt: skip
    yield amount(
        "mean_basket", "size of a purchase", "Net per purchase day", "The size of your purchases"
    )
    yield amount(
        "value_mean", "size of a purchase",
        "Net per purchase day after the first purchase day", "The size of your later purchases",
    )  # fmt: skip


def _habits() -> Iterator[Feature]:
    yield share(
        "return_share", "returns",
        "Value returned or cancelled over value sold, at most 1", "Your returns",
    )  # fmt: skip
    yield share(
        "discount_share", "discounts", "Discount over value before discounts", "Your discounts"
    )
    yield share(
        "channel_top_share", "channels",
        "Share of the most used channel in the lines sold", "The channels that you use",
    )  # fmt: skip
    yield count("channel_count", "channels", "Channels with lines sold", "The channels you use")
    yield count(
        "category_count", "categories", "Categories with a positive net", "The categories you buy"
    )
    yield share(
        "category_top_share", "categories",
        "Share of the largest category in the categories with a positive net",
        "Your favourite category",
    )  # fmt: skip
    yield share(
        "is_weekend_share", "days of the week",
        "Share of Saturdays and Sundays in the purchase days", "The days on which you buy",
    )  # fmt: skip
    yield flag(
        "purchased_tonight", "time since the last purchase",
        "The day itself is a purchase day", "Your purchase of the day", required=True,
    )  # fmt: skip


def _cards() -> Iterator[Feature]:
    for days in (30, 90):
        yield amount(
            f"card_spend_{days}d", "card spending",
            f"Card spending of {days} days at all merchants", "Your card spending",
        )  # fmt: skip
    yield ratio(
        "wallet_share_90d", "share of wallet",
        "Net of 90 days over card spending of 90 days", "The shop's share of your card spending",
    )  # fmt: skip
