"""Define every feature of a customer night in plain Python over plain rows.

The definition takes one night at a time and adds the rows known to it. It shares no code with the
SQL, so it can check the SQL.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from statistics import median
from typing import Any

from tests.integration.point_in_time.books import Book, Row

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Night:
    """A customer, a day that is known whole, and the moment of knowledge."""

    merchant: str
    customer: str
    day: datetime
    known_at: datetime

    def age(self, row: Row) -> int:
        """Return how many days before the day the row happened; negative after the day."""
        return int((self.day.date() - row["occurred_at"].astimezone(UTC).date()).days)


def shop_features(book: Book, night: Night) -> dict[str, Any]:
    """Return the features of a customer of a merchant."""
    lines = [
        row
        for row in _known(book.of("sales"), "sale_line_id", night.known_at)
        if row["is_merchandise"]
        and (row["merchant_id"], row["customer_id"]) == (night.merchant, night.customer)
        and 0 <= night.age(row) < 400
    ]
    by_day = _sums(lines, night.age, _net)
    bought = {age: net for age, net in by_day.items() if net > 0}
    ages = sorted(bought, reverse=True)
    return {
        **_times(ages),
        "monetary": sum(by_day.values()) / 100,
        **{f"net_{n}d": sum(v for a, v in by_day.items() if a < n) / 100 for n in (30, 90, 365)},
        **{f"purchase_days_{n}d": sum(age < n for age in ages) for n in (30, 90)},
        "mean_basket": _share(sum(bought.values()), 100 * len(ages)),
        "value_mean": _share(sum(bought[a] for a in ages[1:]), 100 * (len(ages) - 1)),
        "is_weekend_share": _share(
            sum((night.day - age * DAY).weekday() >= 5 for age in ages), len(ages)
        ),
        "purchased_tonight": 0 in bought,
        **_habits(lines),
        **_mix(book, lines),
        **_wallet(book, night, sum(v for a, v in by_day.items() if a < 90)),
    }


def card_features(book: Book, night: Night) -> dict[str, Any]:
    """Return the features of a card customer."""
    paid = _payments(book, night)
    by_day = _sums(paid, night.age, _spent)
    priced = [row for row in paid if row["amount_base_minor"] is not None]
    counts = _sums(priced, night.age, lambda row: 1)
    spent = {n: sum(v for age, v in by_day.items() if age < n) for n in (7, 30, 60, 90)}
    first = min(
        row["occurred_at"]
        for row in book.of("transactions")
        if row["is_history"] or row["known_at"] <= night.known_at
    )
    observed = min(90, night.age({"occurred_at": first}) + 1)
    by_category = {
        n: _sums([r for r in paid if night.age(r) < n], lambda r: _kind_of_shop(book, r), _spent)
        for n in (30, 90)
    }
    positive = [v for v in by_category[90].values() if v > 0]
    return {
        **{f"spend_{n}d": spent[n] / 100 for n in (7, 30, 90)},
        "spend_60d_to_30d": (spent[60] - spent[30]) / 100,
        "spend_90d_to_60d": (spent[90] - spent[60]) / 100,
        "mean_30d": spent[90] * 30 / observed / 100,
        "trend": _share(2 * spent[30], spent[90] - spent[30]),
        **{f"transaction_count_{n}d": sum(night.age(r) < n for r in paid) for n in (30, 90)},
        **{f"active_days_{n}d": sum(age < n for age in by_day) for n in (30, 90)},
        "tenure_days": max(by_day, default=None),
        "recency_days": min(by_day, default=None),
        "observed_days": observed,
        "mean_transaction_90d": _share(spent[90], 100 * len(priced)),
        "usual_transaction_90d": median(by_day[a] / counts[a] for a in counts) / 100
        if counts
        else None,
        "largest_day_90d": max(by_day[age] for age in counts) / 100 if counts else None,
        "category_count_90d": len(positive),
        "category_top_share_90d": _share(max(positive, default=0), sum(positive)),
        "weekend_share_90d": _share(
            sum(v for age, v in by_day.items() if (night.day - age * DAY).weekday() >= 5),
            spent[90],
        ),
        **{
            f"category_spend_{n}d": {k: v / 100 for k, v in by_category[n].items() if v > 0}
            for n in (30, 90)
        },
    }


def _times(ages: Sequence[int]) -> dict[str, Any]:
    """Return the times of purchase days, given their ages from the oldest to the newest."""
    span = ages[0] - ages[-1] if ages else None
    return {
        "recency_days": ages[-1] if ages else None,
        "frequency": len(ages),
        "tenure_days": ages[0] if ages else None,
        "repeat_count": max(0, len(ages) - 1),
        "first_to_last_days": span,
        "mean_interpurchase_days": span / (len(ages) - 1) if span else None,
    }


def _habits(lines: Sequence[Row]) -> dict[str, Any]:
    priced = [row for row in lines if row["unit_price_base_minor"] is not None]
    sold = [row for row in priced if row["event"] == "sale"]
    discount = sum(row["discount_minor"] or 0 for row in sold)
    gross = sum(_net(row) for row in sold) + discount
    returned = -sum(_net(row) for row in priced if row["event"] != "sale")
    channels = _sums(
        [r for r in lines if r["event"] == "sale" and r["channel"]], lambda r: r["channel"],
        lambda row: 1,
    )  # fmt: skip
    return {
        "return_share": _share(returned, max(gross - discount, returned)),
        "discount_share": _share(discount, max(gross, discount)),
        "channel_count": len(channels),
        "channel_top_share": _share(max(channels.values(), default=0), sum(channels.values())),
    }


def _mix(book: Book, lines: Sequence[Row]) -> dict[str, Any]:
    nets = _sums(lines, lambda row: row["category"] or _category_of_product(book, row), _net)
    positive = [net for category, net in nets.items() if category and net > 0]
    return {
        "category_count": len(positive),
        "category_top_share": _share(max(positive, default=0), sum(positive)),
    }


def _wallet(book: Book, night: Night, net: int) -> dict[str, Any]:
    paid = _sums(_payments(book, night), night.age, _spent)
    month = sum(amount for age, amount in paid.items() if age < 30)
    return {
        "card_spend_30d": month / 100,
        "card_spend_90d": sum(paid.values()) / 100,
        "wallet_share_90d": _share(max(net, 0), sum(paid.values())),
    }


def _payments(book: Book, night: Night) -> list[Row]:
    return [
        row
        for row in _known(book.of("transactions"), "transaction_id", night.known_at)
        if row["kind"] == "purchase"
        and row["customer_id"] == night.customer
        and 0 <= night.age(row) < 90
    ]


def _net(row: Row) -> int:
    if row["unit_price_base_minor"] is None:
        return 0
    value = row["quantity"] * row["unit_price_base_minor"] - (row["discount_minor"] or 0)
    return int(value if row["event"] == "sale" else -value)


def _spent(row: Row) -> int:
    return int(row["amount_base_minor"] or 0)


def _category_of_product(book: Book, line: Row) -> str | None:
    name = ("merchant_id", "product_id")
    facts = [
        fact
        for fact in book.of("products")
        if all(fact[part] == line[part] for part in name) and fact["known_at"] <= line["known_at"]
    ]
    newest = max(facts, key=lambda fact: fact.get("version", 1), default={"category": None})
    category: str | None = newest["category"]
    return category


def _kind_of_shop(book: Book, row: Row) -> str:
    long_ago = datetime.min.replace(tzinfo=UTC)
    facts = [
        fact
        for fact in book.of("merchants")
        if fact["merchant_id"] == row["merchant_id"]
        and fact["known_at"] <= row["known_at"]
        and fact.get("valid_from", long_ago) <= row["occurred_at"]
    ]
    newest = max(facts, key=lambda fact: fact.get("valid_from", long_ago), default={})
    return str(row["transaction_category"] or newest.get("category") or "unknown")


def _known(rows: Sequence[Row], name: str, known_at: datetime) -> list[Row]:
    """Return the newest version of each row that was known at a moment."""
    newest: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: row["version"]):
        if row["known_at"] <= known_at:
            newest[row[name]] = row
    return list(newest.values())


def _sums(
    rows: Sequence[Row], key: Callable[[Row], Any], value: Callable[[Row], int]
) -> dict[Any, int]:
    sums: dict[Any, int] = defaultdict(int)
    for row in rows:
        sums[key(row)] += value(row)
    return dict(sums)


def _share(part: int, whole: int) -> float | None:
    return float(Fraction(part, whole)) if whole > 0 else None


def read(value: Any) -> Any:
    """Return a value of a feature row; the text of a JSON object becomes the object."""
    return json.loads(value) if isinstance(value, str) and value.startswith("{") else value
