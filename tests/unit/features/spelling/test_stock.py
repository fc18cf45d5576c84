"""Rows of stock: the direction of a movement, and the forms of what a source may write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from features.ingest.checks import Checked, Rules, check
from features.ingest.chunks import Chunk
from features.ingest.limits import DEFAULT
from features.ingest.reasons import RowReason
from features.ingest.remedies import remedy
from tests.unit.features.spelling.shop import NOW, feed_of, reasons, values

MOVED = {
    **dict.fromkeys(("merchant_id", "product_id"), "x"),
    "location": "store",
    "movement": "sale",
    "quantity": "1",
    "occurred_at": "2026-02-01T10:00:00Z",
}
ORDERED = {
    **dict.fromkeys(("merchant_id", "product_id", "destination"), "x"),
    "quantity": "1",
    "ordered_at": "2026-02-01T10:00:00Z",
}
SIGNED = {"column": "quantity", "sign": "outgoing_negative"}


def judged(
    feed: str, row: dict[str, str], delivered: dict[str, Sequence[str]], **columns: Any
) -> Checked:
    """Return the verdicts on delivered rows of a feed; their other fields are valid."""
    described = feed_of(feed, **columns)
    rows = max(map(len, delivered.values()))
    fields = {name: [value] * rows for name, value in row.items()}
    key = described.declaration.subject.name
    fields |= {key: [f"k{number}" for number in range(rows)], **delivered}
    texts = {name: pa.array(field, pa.string()) for name, field in fields.items()}
    return check(Chunk(texts, np.arange(1, rows + 1)), Rules(described, (), NOW, DEFAULT))


def test_the_sign_of_a_quantity_must_fit_its_movement() -> None:
    checked = judged(
        "stock_movements",
        MOVED,
        {
            "movement": ["sale", "write_off", "receipt", "return", "sale", "receipt"],
            "quantity": ["-3", "-1.5", "3", "2", "3", "-3"],
        },
        quantity=SIGNED,
    )

    assert values(checked, "movement") == ["sale", "write_off", "receipt", "return"]
    assert values(checked, "quantity") == ["3", "1.5", "3", "2"]
    assert reasons(checked) == ["movement_against_sign"] * 2


def test_a_transfer_may_be_written_from_either_of_its_locations() -> None:
    checked = judged(
        "stock_movements",
        MOVED,
        {"movement": ["transfer", "transfer"], "quantity": ["-3", "3"], "to": ["web", "web"]},
        quantity=SIGNED,
        to_location="to",
    )

    assert values(checked, "quantity") == ["3", "3"]
    assert values(checked, "to_location") == ["web", "web"]


def test_words_of_a_source_become_movements() -> None:
    checked = judged(
        "stock_movements",
        MOVED,
        {"movement": ["WE", "WA", "?"]},
        movement={"column": "movement", "map": {"WE": "receipt", "WA": "sale"}},
    )

    assert values(checked, "movement") == ["receipt", "sale"]
    assert reasons(checked) == ["not_in_map"]


@pytest.mark.parametrize(
    ("feed", "sign", "message"),
    [
        ("stock_movements", "returns_negative", "write outgoing_negative"),
        ("purchase_orders", "outgoing_negative", "leave it out"),
        ("purchase_orders", "debit_negative", "write returns_negative or outgoing_negative"),
    ],
)
def test_a_sign_without_a_column_that_keeps_it_is_refused(
    feed: str, sign: str, message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        feed_of(feed, quantity={"column": "quantity", "sign": sign})


def test_an_expected_day_of_two_digits_lies_ahead_and_an_ordered_one_does_not() -> None:
    form = "%d.%m.%y"
    checked = judged(
        "purchase_orders",
        ORDERED,
        {
            "ordered_at": ["15.02.26", "15.02.26", "15.02.27"],
            "expected_at": ["09.03.26", "09.03.35", ""],
        },
        ordered_at={"column": "ordered_at", "format": form},
        expected_at={"column": "expected_at", "format": form},
    )

    assert values(checked, "expected_at") == [
        "2026-03-09 00:00:00.000",
        "2035-03-09 00:00:00.000",
    ]
    assert reasons(checked) == ["timestamp_not_a_time"]


def test_days_are_compared_in_the_time_zone_of_the_source() -> None:
    checked = judged(
        "purchase_orders",
        ORDERED,
        {
            "ordered_at": ["2026-02-10T16:00:00Z"] * 2,
            "received_at": ["2026-02-10T07:00:00Z", "2026-02-09T23:00:00Z"],
        },
        received_at="received_at",
    )

    assert values(checked, "received_at") == ["2026-02-10 07:00:00.000"]
    assert reasons(checked) == ["ordered_after_received"]


@pytest.mark.parametrize(
    ("feed", "reason", "column", "samples", "keys"),
    [
        ("stock_movements", "not_a_quantity", "quantity", ["-3"], "sign: outgoing_negative"),
        ("stock_movements", "unknown_movement", "movement", ["WE"], "`map`"),
        ("stock_movements", "movement_against_sign", "movement", ["sale"], "`map`"),
        ("stock_movements", "transfer_without_destination", "to_location", [], "to_location"),
        ("stock_movements", "destination_without_transfer", "to_location", ["x"], "null_tokens"),
        ("purchase_orders", "not_a_quantity", "quantity", ["-3"], None),
        ("purchase_orders", "ordered_after_received", "ordered_at", [], "columns.received_at"),
        ("stock_levels", "not_a_stock", "on_hand", ["1,5"], 'decimal: ","'),
        ("stock_levels", "negative_stock", "on_hand", ["-1"], None),
        ("promotions", "starts_after_end", "starts_on", [], "`format`"),
        ("products", "not_weekdays", "order_days", ["Montag"], "`map`"),
    ],
)
def test_a_rejected_row_of_stock_names_the_key_that_accepts_it(
    feed: str, reason: str, column: str, samples: list[str], keys: str | None
) -> None:
    found = remedy(RowReason(reason), column, samples, feed_of(feed))

    assert found is None if keys is None else keys in str(found)
