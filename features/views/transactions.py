"""Declares the features of a card transaction, in the order of a model's matrix.

A new feature needs an expression in dbt's `feat_transactions`, a column in its YAML, and a line
here.
"""

from __future__ import annotations

from collections.abc import Iterator

from features.views.declarations import (
    Feature,
    Kind,
    amount,
    appended,
    count,
    flag,
    fraud_rate,
    number,
    ratio,
    share,
)

EXACT_WINDOWS = ("3h", "6h", "12h", "24h")
WHOLE_DAY_WINDOWS = ("7d", "30d")
GREATEST_DISTANCE_KM = 20_040  # half way round the earth


def transaction_features() -> Iterator[Feature]:
    """Yield every feature of the transactions view."""
    yield from _transaction()
    yield from _customer_windows()
    yield from _customer_change()
    yield from _customer_movement()
    yield from _customer_values()
    yield from _counterparties()
    yield from _delivered()
    yield from appended(2, (*_kinds(), *_references()))


def _span(window: str) -> str:
    return f"{window[:-1]} hours" if window.endswith("h") else f"{window[:-1]} whole days"


def _transaction() -> Iterator[Feature]:
    yield amount("amount", "amount", "The amount itself", "The amount of the payment")
    yield Feature(
        name="local_hour", kind=Kind.COUNT, characteristic="time of day", minimum=0, maximum=23,
        analyst_text="Hour of the day at the place", applicant_text="The time of the payment",
        required=True,
    )  # fmt: skip
    for name, words in (("is_weekend", "On a weekend"), ("is_night", "At night")):
        yield flag(
            name, "time of day", f"{words} at the place", "The time of the payment", required=True
        )


def _customer_windows() -> Iterator[Feature]:
    windows = (*EXACT_WINDOWS, *WHOLE_DAY_WINDOWS)
    yield count(
        "customer_same_instant_count", "payment activity",
        "Other payments at the very same instant", "Several payments at the same moment",
    )  # fmt: skip
    for window in windows:
        yield count(
            f"customer_transaction_count_{window}", "payment activity",
            f"Payments in the {_span(window)} before", "The number of recent payments",
        )  # fmt: skip
    for measure, words in (("sum", "Sum spent"), ("avg", "Average amount")):
        for window in windows:
            yield amount(
                f"customer_amount_{measure}_{window}", "spending",
                f"{words} in the {_span(window)} before", "The amount of recent payments",
            )  # fmt: skip


def _customer_change() -> Iterator[Feature]:
    unlike, change = "The payment is unlike your usual amounts", "change of spending"
    recent = "Recent payments are unlike earlier ones"
    yield ratio("customer_amount_ratio_30d", "amount", "Amount over the 30-day average", unlike)
    yield amount(
        "customer_amount_avg_30d_to_14d", "spending",
        "Average amount before the last two weeks", "The amount of earlier payments",
    )  # fmt: skip
    yield ratio(
        "customer_amount_ratio_30d_to_14d", "amount",
        "Amount over the average before the last two weeks", unlike,
    )  # fmt: skip
    yield ratio(
        "customer_amount_avg_7d_ratio_30d_to_14d", change,
        "Average of the last week over the weeks before", recent,
    )  # fmt: skip
    for days in (7, 14):
        yield share(
            f"customer_spike_share_{days}d", change,
            f"Share of unusually high amounts in the last {days} days", recent,
        )  # fmt: skip


def _customer_movement() -> Iterator[Feature]:
    far = "The distance from the last payment"
    yield number(
        "customer_seconds_since_previous", "time since last payment",
        "Time since the previous payment", "The time since the last payment", 0, 2_592_000,
    )  # fmt: skip
    yield number(
        "customer_km_since_previous", "distance", "Distance from the previous payment", far,
        0, GREATEST_DISTANCE_KM,
    )  # fmt: skip
    yield number(
        "customer_kmh_since_previous", "distance", "Speed since the previous payment", far, 0, None
    )


def _customer_values() -> Iterator[Feature]:
    for name, words in (
        ("merchant", "merchants"),
        ("device", "devices"),
        ("location", "places"),
        ("ip_address", "network addresses"),
    ):
        yield count(
            f"customer_{name}_distinct_24h", f"number of {words}",
            f"Number of {words} in 24 hours", f"The number of {words} used recently",
        )  # fmt: skip
    for name, word in (("device", "device"), ("location", "place"), ("merchant", "merchant")):
        yield flag(
            f"is_new_{name}", f"new {word}",
            f"First payment with this {word} in 30 days", f"A {word} that you had not used before",
        )  # fmt: skip
    for name, word in (
        ("channel", "channel"),
        ("category", "category"),
        ("currency", "currency"),
        ("type", "type of payment"),
        ("card_bin", "card"),
    ):
        yield share(
            f"customer_{name}_frequency_30d", f"usual {word}",
            f"How usual this {word} is for the customer", f"The {word} is unusual for you",
        )  # fmt: skip


def _counterparties() -> Iterator[Feature]:
    for measure, words in (("transaction", "Payments"), ("matured", "Matured payments")):
        for days in (1, 7, 30):
            yield count(
                f"merchant_{measure}_count_{days}d", "merchant activity",
                f"{words} at the merchant in {days} days", "Activity at the merchant",
            )  # fmt: skip
    history = ("merchant risk", "The merchant's history")
    for days in (1, 7, 30):
        yield fraud_rate(
            f"merchant_fraud_rate_{days}d", history[0],
            f"Fraud rate of the merchant over {days} matured days", history[1],
        )  # fmt: skip
    for days in (3, 14, 21):
        yield Feature(
            name=f"merchant_fraud_count_{days}d", kind=Kind.COUNT, characteristic=history[0],
            analyst_text=f"Frauds at the merchant in {days} matured days",
            applicant_text=history[1], minimum=0, required=True, uses_labels=True,
        )  # fmt: skip
    for days in (3, 14, 21):
        yield fraud_rate(
            f"merchant_fraud_rate_{days}d", history[0],
            f"Fraud rate of the merchant over {days} matured days", history[1],
        )  # fmt: skip
    yield fraud_rate(
        "card_bin_fraud_rate_30d", "card risk", "Fraud rate of the card range", "The type of card"
    )
    yield fraud_rate(
        "device_fraud_rate_30d", "device risk", "Fraud rate of the device", "The device used"
    )
    for name, word in (("device", "device"), ("ip_address", "network address")):
        yield count(
            f"{name}_customer_distinct_24h", f"shared {word}",
            f"Customers on the same {word} in 24 hours",
            f"The {word} is used by several people", required=False,
        )  # fmt: skip


def _delivered() -> Iterator[Feature]:
    for subject in ("merchant", "card", "customer"):
        yield number(
            f"{subject}_risk_score", f"{subject} risk score",
            f"Risk score of the {subject} as delivered", f"Information about the {subject}",
        )  # fmt: skip
    for subject in ("velocity", "location", "device"):
        yield flag(
            f"is_{subject}_alert", f"{subject} alert",
            f"The source raised a {subject} alert", f"An unusual {subject}",
        )  # fmt: skip
    yield flag("is_high_value", "amount", "The source calls the amount high", "The amount")


def _kinds() -> Iterator[Feature]:
    for name, word in (("refund", "refund"), ("reversal", "reversal"), ("check", "card check")):
        yield flag(
            f"is_{name}", "kind of transaction", f"The row is a {word}", "The kind of transaction"
        )
    yield count(
        "customer_check_count_24h", "card checks", "Card checks in the 24 hours before",
        "Checks of your card",
    )  # fmt: skip
    refunds = "Recent refunds"
    yield count(
        "customer_refund_count_30d", "refunds",
        "Refunds and reversals in the 30 whole days before", refunds,
    )  # fmt: skip
    yield share(
        "customer_refund_share_30d", "refunds",
        "Share of refunds and reversals in the 30 whole days before", refunds,
    )  # fmt: skip
    yield share(
        "merchant_check_share_7d", "merchant activity",
        "Share of card checks at the merchant in 7 days", "Activity at the merchant",
    )  # fmt: skip
    yield share(
        "merchant_refund_share_30d", "merchant activity",
        "Share of refunds and reversals at the merchant in 30 days", "Activity at the merchant",
    )  # fmt: skip


def _references() -> Iterator[Feature]:
    yield number(
        "customer_merchant_km", "distance from home", "Distance from the customer to the merchant",
        "The distance from your home", 0, GREATEST_DISTANCE_KM,
    )  # fmt: skip
    yield flag(
        "is_foreign", "foreign payment", "In another country than the customer's home",
        "A payment in another country",
    )  # fmt: skip
    for subject, words, reason in (
        ("customer", "the customer's first account", "The time since your first account"),
        ("merchant", "the merchant takes cards", "Information about the merchant"),
    ):
        yield count(
            f"{subject}_tenure_days", f"{subject} tenure", f"Days since {words}", reason,
            required=False,
        )  # fmt: skip
