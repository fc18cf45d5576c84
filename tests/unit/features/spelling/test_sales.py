"""Lines of orders: their event, their direction, and whether they are merchandise."""

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

ROW = {
    **dict.fromkeys(("merchant_id", "order_id", "product_id"), "x"),
    "quantity": "1",
    "unit_price": "2.50",
    "currency": "EUR",
    "occurred_at": "2026-02-01T10:00:00Z",
    "is_merchandise": "true",
}
SIGNED = {"column": "quantity", "sign": "returns_negative"}


def sold(delivered: dict[str, Sequence[str | None]], **columns: Any) -> Checked:
    """Return the verdicts on delivered lines; other fields of the lines are valid."""
    rows = max(map(len, delivered.values()))
    fields = {name: [value] * rows for name, value in ROW.items()}
    fields |= {"sale_line_id": [f"l{number}" for number in range(rows)], **delivered}
    texts = {name: pa.array(field, pa.string()) for name, field in fields.items()}
    feed = feed_of("sales", **{"unit_price": "unit_price", **columns})
    return check(Chunk(texts, np.arange(1, rows + 1)), Rules(feed, (), NOW, DEFAULT))


def test_a_negative_quantity_is_a_return_unless_the_order_is_cancelled() -> None:
    checked = sold(
        {"quantity": ["2", "-3", "-4.5"], "order_id": ["536365", "536366", "C536379"]},
        quantity=SIGNED,
        event={"column": "order_id", "starts_with": {"C": "cancellation"}},
    )

    assert values(checked, "event") == ["sale", "return", "cancellation"]
    assert values(checked, "quantity") == ["2", "3", "4.5"]


def test_a_line_without_event_and_sign_is_a_sale() -> None:
    assert values(sold({"quantity": ["1"]}), "event") == ["sale"]


def test_goods_of_a_sale_do_not_come_back_and_those_of_a_return_do() -> None:
    checked = sold(
        {"quantity": ["-1", "1", "1", "-1"], "kind": ["sale", "return", "sale", "return"]},
        quantity=SIGNED,
        event="kind",
    )

    assert values(checked, "event") == ["sale", "return"]
    assert reasons(checked) == ["event_against_sign"] * 2


def test_an_unknown_event_and_a_quantity_that_is_none_reject_their_line() -> None:
    checked = sold(
        {
            "quantity": ["1", "0", "-2", "1e3", "12345678", "0.0000001", "0.000000"],
            "kind": ["refund", *["sale"] * 6],
        },
        event="kind",
    )

    assert reasons(checked) == ["unknown_event", *["not_a_quantity"] * 6]


def test_the_longest_beginning_decides_and_others_have_their_own_value() -> None:
    keys = {"column": "order_id", "starts_with": {"C": "return", "CX": "cancellation"}}
    delivered = {"order_id": ["C1", "CX1", "1", "c1"]}

    assert values(sold(delivered, event=keys), "event") == [
        *("return", "cancellation", "sale", "sale")
    ]
    named = {**keys, "otherwise": "return"}
    assert values(sold(delivered, event=named), "event") == [
        *("return", "cancellation", "return", "return")
    ]


def test_a_pattern_decides_what_is_merchandise_by_the_whole_code() -> None:
    codes = ["85123A", "22423", "POST", "85123a", "123456", "D", "79323GR", "22423\n"]

    checked = sold(
        {"code": codes}, is_merchandise={"column": "code", "matches": r"\d{5}[A-Z]{0,2}"}
    )

    assert values(checked, "is_merchandise") == [
        *(True, True, False, False, False, False, True, False)
    ]


@pytest.mark.parametrize("pattern", ["(", r"a(?=b)", r"(?<!a)b", r"(a)\1", "a*+"])
def test_a_pattern_that_no_engine_reads_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError, match="matches"):
        sold({"code": ["a"]}, is_merchandise={"column": "code", "matches": pattern})


def test_an_amount_may_be_the_exact_sum_of_columns() -> None:
    checked = sold(
        {
            "paid": ["1.50", "0.1", "", "4.440892e-16", "1.505"],
            "given": ["0.29", "0.2", "", "", "0"],
        },
        amount={"sum": ["paid", "given"], "exponents": True},
        unit_price={"column": "absent"},
    )

    assert values(checked, "amount_minor") == [179, 30]
    assert reasons(checked) == ["missing_value", "amount_too_precise", "amount_too_precise"]


def test_noise_of_floating_point_is_rounded_where_the_source_says_so() -> None:
    checked = sold(
        {"paid": ["4.440892e-16", "2.4899999999999998"], "given": ["1.25", ""]},
        amount={"sum": ["paid", "given"], "exponents": True, "rounding": "binary"},
    )

    assert values(checked, "amount_minor") == [125, 249]


def test_a_line_needs_a_price_or_an_amount() -> None:
    checked = sold({"unit_price": ["1.00", "", ""], "total": ["", "3.00", ""]}, amount="total")

    assert values(checked, "amount_minor") == [None, 300]
    assert reasons(checked) == ["missing_value"]
    with pytest.raises(ValidationError, match="sales needs unit_price or amount"):
        feed_of("sales")


@pytest.mark.parametrize(
    ("reason", "column", "samples", "keys"),
    [
        ("not_a_quantity", "quantity", ["-3"], "sign: returns_negative"),
        ("not_a_quantity", "quantity", ["1,5"], 'decimal: ","'),
        ("not_a_quantity", "quantity", ["0"], None),
        ("amount_not_positive", "unit_price", ["-3"], None),
        ("unknown_event", "event", ["refund"], "`starts_with`"),
        ("event_against_sign", "event", ["sale"], "leave it out"),
    ],
)
def test_a_rejected_line_names_the_key_that_accepts_it(
    reason: str, column: str, samples: list[str], keys: str | None
) -> None:
    feed = feed_of("sales", unit_price="unit_price", event="event")

    found = remedy(RowReason(reason), column, samples, feed)

    assert found is None if keys is None else keys in str(found)
