"""Stock, movements, purchase orders and promotions: each row enters once, or says why it cannot."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.integration.ingest.conftest import Intake

#: By feed: a good row by canonical column.
GOOD: dict[str, dict[str, str]] = {
    "stock_levels": {
        "stock_level_id": "l1",
        "merchant_id": "m1",
        "product_id": "p1",
        "location": "store",
        "on_hand": "12",
        "reserved": "",
        "expires_on": "2027-01-31",
        "counted_at": "2026-03-01T05:00:00Z",
    },
    "stock_movements": {
        "stock_movement_id": "v1",
        "merchant_id": "m1",
        "product_id": "p1",
        "location": "warehouse",
        "movement": "transfer",
        "quantity": "5",
        "to_location": "store",
        "occurred_at": "2026-03-01T05:00:00Z",
    },
    "purchase_orders": {
        "purchase_order_id": "o1",
        "merchant_id": "m1",
        "product_id": "p1",
        "destination": "warehouse",
        "quantity": "48",
        "ordered_at": "2026-03-01T05:00:00Z",
        "expected_at": "2098-03-09T09:00:00Z",
        "received_at": "",
    },
    "promotions": {
        "promotion_id": "d1",
        "merchant_id": "m1",
        "product_id": "p1",
        "channel": "",
        "price": "7.50",
        "currency": "USD",
        "starts_on": "2098-03-09",
        "ends_on": "2098-03-09",
        "announced_at": "2026-03-01T05:00:00Z",
    },
}

BAD: dict[str, tuple[tuple[dict[str, str], str], ...]] = {
    "stock_levels": (
        ({"on_hand": "-3"}, "negative_stock"),
        ({"on_hand": "-0.5"}, "negative_stock"),
        ({"reserved": "-1"}, "negative_stock"),
        ({"on_hand": "a few"}, "not_a_stock"),
        ({"on_hand": "12345678"}, "not_a_stock"),
        ({"on_hand": ""}, "missing_value"),
        ({"location": ""}, "missing_value"),
        ({"location": "store "}, "invisible_character"),
        ({"expires_on": "31.01.2027"}, "timestamp_not_a_time"),
        ({"counted_at": "2098-01-01T00:00:00Z"}, "timestamp_in_future"),
    ),
    "stock_movements": (
        ({"to_location": ""}, "transfer_without_destination"),
        ({"to_location": "warehouse"}, "transfer_to_itself"),
        ({"movement": "receipt"}, "destination_without_transfer"),
        ({"movement": "adjustment"}, "unknown_movement"),
        ({"movement": ""}, "missing_value"),
        ({"quantity": "0"}, "not_a_quantity"),
        ({"quantity": "-5"}, "not_a_quantity"),
    ),
    "purchase_orders": (
        ({"received_at": "2026-02-27T05:00:00Z"}, "ordered_after_received"),
        ({"expected_at": "2026-02-27T05:00:00Z"}, "ordered_after_expected"),
        ({"received_at": "2098-03-01T00:00:00Z"}, "timestamp_in_future"),
        ({"expected_at": "soon"}, "timestamp_not_a_time"),
        ({"quantity": "0"}, "not_a_quantity"),
        ({"destination": ""}, "missing_value"),
    ),
    "promotions": (
        ({"ends_on": "2098-03-08"}, "starts_after_end"),
        ({"ends_on": ""}, "missing_value"),
        ({"price": "-1"}, "amount_not_positive"),
        ({"currency": "XQZ"}, "unknown_currency"),
        ({"announced_at": "2098-01-01T00:00:00Z"}, "timestamp_in_future"),
    ),
}

each_feed = pytest.mark.parametrize("feed", sorted(GOOD))


def deliver(intake: Intake, feed: str, name: str, *rows: dict[str, str]) -> None:
    """Put a file of one feed into its folder."""
    lines = [",".join(GOOD[feed]), *(",".join(row.values()) for row in rows), ""]
    intake.deliver("\n".join(lines).encode(), name, feed)


def counts(intake: Intake, feed: str, name: str, *rows: dict[str, str]) -> tuple[int, int, int]:
    """Take in one file; return its admitted, duplicate and rejected rows."""
    deliver(intake, feed, name, *rows)
    (receipt,) = intake.take()
    return receipt.rows_admitted, receipt.rows_duplicate, receipt.rows_rejected


def a_row(feed: str, **changes: str) -> dict[str, str]:
    return {**GOOD[feed], **changes}


@each_feed
def test_a_bad_row_is_kept_and_counted_with_its_reason_and_its_neighbours_enter(
    intake: Intake, feed: str
) -> None:
    key = next(iter(GOOD[feed]))
    bad = [a_row(feed, **{key: f"bad {n}"}, **change) for n, (change, _) in enumerate(BAD[feed])]

    found = counts(intake, feed, "a.csv", *bad, GOOD[feed])

    assert found == (1, 0, len(bad))
    assert intake.rows(
        "select reason, original like '%bad%' from raw.rejected_rows order by row_number"
    ) == [(reason, True) for _, reason in BAD[feed]]
    assert intake.rows(f"select {key} from raw.{feed}") == [(GOOD[feed][key],)]


@each_feed
def test_a_row_that_is_delivered_again_is_a_duplicate(intake: Intake, feed: str) -> None:
    key = next(iter(GOOD[feed]))
    other = a_row(feed, **{key: "other"})

    assert counts(intake, feed, "a.csv", GOOD[feed]) == (1, 0, 0)
    assert counts(intake, feed, "b.csv", GOOD[feed], other) == (1, 1, 0)
    assert intake.rows(f"select version from raw.{feed}") == [(1,), (1,)]


@each_feed
def test_a_history_is_known_since_its_rows_happened_and_a_live_file_from_now_on(
    intake: Intake, feed: str
) -> None:
    key = next(iter(GOOD[feed]))
    event = intake.sources.feeds[feed].declaration.event
    assert event is not None
    past = a_row(feed, **{key: "past", event.name: "2025-06-01T05:00:00Z"})

    counts(intake, feed, "history/a.csv", past)
    counts(intake, feed, "b.csv", GOOD[feed])

    assert intake.rows(
        f"select is_history, known_at = {event.target}, delivery_seq from raw.{feed} order by 3"
    ) == [(True, True, 1), (False, False, 2)]


def test_goods_that_come_make_the_next_version_of_their_order(intake: Intake) -> None:
    came = a_row("purchase_orders", received_at="2026-03-10T07:30:00Z")

    counts(intake, "purchase_orders", "a.csv", GOOD["purchase_orders"])
    counts(intake, "purchase_orders", "b.csv", came)
    other = a_row("purchase_orders", purchase_order_id="o2")
    again = counts(intake, "purchase_orders", "c.csv", came, other)

    assert again == (1, 1, 0)
    assert intake.rows(
        "select version, delivery_seq, received_at::text, known_at >= received_at"
        " from raw.purchase_orders where purchase_order_id = 'o1' order by version"
    ) == [(1, 1, None, None), (2, 2, "2026-03-10 07:30:00+00", True)]


def test_stock_that_waits_beside_the_sales_of_a_day_is_known_in_its_night(intake: Intake) -> None:
    header = (
        "merchant_id,order_id,line_no,customer_id,product_id,quantity,unit_price,currency,"
        "occurred_at,event,is_merchandise"
    )
    line = "m1,o1,1,,p1,1,2.50,USD,2026-03-02T12:00:00Z,sale,true"
    intake.deliver(f"{header}\n{line}\n".encode(), "sales.csv", "sales")
    for feed, row in GOOD.items():
        deliver(intake, feed, "a.csv", row)

    intake.take()

    unknown = " union all ".join(
        f"select stock.known_at from raw.{feed} as stock, raw.sales_nights as nights"
        " where stock.known_at > nights.known_at"
        for feed in GOOD
    )
    assert intake.rows("select count(*) from raw.sales_nights") == [(1,)]
    assert intake.rows(unknown) == []


def test_a_promotion_has_a_price_in_the_base_currency(intake: Intake) -> None:
    rates = b"currency,rate_date,rate\nEUR,2026-02-27,1.10\n"
    intake.deliver(rates, "history/rates.csv", "fx_rates")
    intake.take()

    counts(intake, "promotions", "a.csv", a_row("promotions", currency="EUR"))

    assert intake.rows("select price_minor, price_base_minor from raw.promotions") == [(750, 825)]


PRODUCTS = (
    "merchant_id,product_id,currency,lead_time_days,lead_time_sd_days,minimum_order,order_days,"
    "shelf_life_days"
)


def test_a_product_has_the_terms_of_its_supplier(intake: Intake) -> None:
    rows: dict[str, Any] = {
        "m1,p1,USD,7,1.5,24,Mon Thu,30": None,
        "m1,p2,USD,,,,,": None,
        "m1,p3,USD,-1,,,,": "not_a_duration",
        "m1,p4,USD,7,NotANumber,,,": "not_a_duration",
        "m1,p5,USD,7,1,0,,": "not_a_quantity",
        "m1,p6,USD,7,1,1,monday,": "not_weekdays",
    }
    intake.deliver("\n".join((PRODUCTS, *rows, "")).encode(), "a.csv", "products")
    intake.take()

    assert intake.rows(
        "select product_id, lead_time_days, lead_time_sd_days, minimum_order::int, order_days,"
        " shelf_life_days from raw.products order by 1"
    ) == [("p1", 7.0, 1.5, 24, "mon thu", 30.0), ("p2", None, None, None, None, None)]
    reasons = [reason for reason in rows.values() if reason]
    assert intake.rows("select reason from raw.rejected_rows order by row_number") == [
        (reason,) for reason in reasons
    ]


def test_a_product_that_gains_terms_has_a_next_version_and_one_without_is_a_duplicate(
    intake: Intake,
) -> None:
    old = "merchant_id,product_id,currency\nm1,p1,USD\nm1,p2,USD\n"
    intake.deliver(old.encode(), "a.csv", "products")
    intake.take()

    new = "\n".join((PRODUCTS, "m1,p1,USD,7,1.5,24,mon,30", "m1,p2,USD,,,,,", ""))
    intake.deliver(new.encode(), "b.csv", "products")
    (receipt,) = intake.take()

    assert (receipt.rows_admitted, receipt.rows_duplicate) == (1, 1)
    assert intake.rows(
        "select product_id, version, lead_time_days from raw.products order by 1, 2"
    ) == [("p1", 1, None), ("p1", 2, 7.0), ("p2", 1, None)]


def test_typed_columns_of_parquet_are_read_as_their_text_is(intake: Intake) -> None:
    at = datetime(2026, 3, 1, 5, tzinfo=UTC)
    counts_of_stock = {
        "stock_level_id": ["l1", "l2"],
        "merchant_id": pa.array(["m1", "m1"]).dictionary_encode(),
        "product_id": [1, 2],
        "location": ["web", "store"],
        "on_hand": [12.0, 0.25],
        "reserved": pa.array([None, 0], pa.int64()),
        "expires_on": pa.array([date(2098, 1, 31), None], pa.date32()),
        "counted_at": pa.array([at, at], pa.timestamp("us", "UTC")),
    }
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(counts_of_stock), sink)
    intake.deliver(sink.getvalue(), "a.parquet", "stock_levels")
    intake.take()

    assert intake.rows(
        "select product_id, on_hand::float, reserved::float, expires_on::text, counted_at"
        " from raw.stock_levels order by 1"
    ) == [("1", 12.0, None, "2098-01-31", at), ("2", 0.25, 0.0, None, at)]
