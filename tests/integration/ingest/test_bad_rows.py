"""Unusable rows are rejected with their reason, and no other row is lost."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

LONG = "9" * 20

REJECTED = {
    "a negative amount": ({"amount": "-1.00"}, "amount_not_positive"),
    "an amount of zero": ({"amount": "0.00"}, "amount_not_positive"),
    "an amount beyond floating point": ({"amount": "1e400"}, "amount_not_a_number"),
    "an amount of twenty digits": ({"amount": LONG}, "amount_too_large"),
    "an amount in another locale": ({"amount": "1 234,50"}, "amount_not_a_number"),
    "an amount with too many decimals": ({"amount": "1.234"}, "amount_too_precise"),
    "half a yen": ({"amount": "100.5", "currency": "JPY"}, "amount_too_precise"),
    "a tenth of a fils": ({"amount": "1.2345", "currency": "KWD"}, "amount_too_precise"),
    "NaN": ({"amount": "NaN"}, "missing_value"),
    "infinity": ({"amount": "inf"}, "amount_not_a_number"),
    "no amount": ({"amount": ""}, "missing_value"),
    "an unknown currency": ({"currency": "XQZ"}, "unknown_currency"),
    "a currency in lower case": ({"currency": "usd"}, "unknown_currency"),
    "a time without a zone": ({"timestamp": "2026-03-01T10:00:00"}, "timestamp_without_zone"),
    "a time in the future": ({"timestamp": "2099-01-01T00:00:00Z"}, "timestamp_in_future"),
    "a day that no month has": ({"timestamp": "2026-02-30T00:00:00Z"}, "timestamp_not_a_time"),
    "a leap day in a common year": ({"timestamp": "2026-02-29T00:00:00Z"}, "timestamp_not_a_time"),
    "a time that is no time": ({"timestamp": "yesterday"}, "timestamp_not_a_time"),
    "the placeholder of a broken clock": (
        {"timestamp": "1970-01-01T00:00:00Z"},
        "timestamp_not_a_time",
    ),
    "an id of 10 kB": ({"transaction_id": "x" * 10_000}, "field_too_long"),
    "a text of 10 kB": ({"channel": "x" * 10_000}, "field_too_long"),
    "an empty id": ({"transaction_id": ""}, "missing_value"),
    "an id of blanks": ({"customer_id": "  "}, "missing_value"),
    "a tab in an id": ({"transaction_id": "t\t1"}, "control_character"),
    "a bell in a text": ({"channel": "we\x07b"}, "control_character"),
    "a card number": ({"device_id": "4111111111111111"}, "card_number"),
    "a card number with spaces": ({"device_id": "4111 1111 1111 1111"}, "card_number"),
    "a card number with dashes": ({"device_id": "3782-822463-10005"}, "card_number"),
    "a card number in a sentence": ({"channel": "card 5555555555554444 seen"}, "card_number"),
    "a card number as the BIN": ({"card_bin": "4111111111111111"}, "card_number"),
    "an id that a spreadsheet rounded": (
        {"customer_id": "1.23457E+11"},
        "identifier_in_float_notation",
    ),
    "an id out of a column with gaps": ({"device_id": "596.0"}, "identifier_in_float_notation"),
    "a BIN out of a column with gaps": ({"card_bin": "411111.0"}, "identifier_in_float_notation"),
    "an id in exponents": ({"transaction_id": "1e5"}, "identifier_in_float_notation"),
    "an id with exponents of Java": ({"merchant_id": "1.0E7"}, "identifier_in_float_notation"),
    "a blank behind an id": ({"customer_id": "c1 "}, "invisible_character"),
    "a blank before an id": ({"device_id": " d1"}, "invisible_character"),
    "a no-break space in an id": ({"customer_id": "c\u00a01"}, "invisible_character"),
    "a character without width in an id": ({"customer_id": "c1\u200b"}, "invisible_character"),
    "a byte order mark in an id": ({"merchant_id": "\ufeffm1"}, "invisible_character"),
    "a change of direction in an id": ({"transaction_id": "\u202et1"}, "invisible_character"),
    "half a type": ({"type": "1.5"}, "not_an_integer"),
    "a type that is no number": ({"type": "one"}, "not_an_integer"),
    "a type beyond 32 bits": ({"type": "3000000000"}, "not_an_integer"),
}


@pytest.mark.parametrize(("fault", "reason"), REJECTED.values(), ids=REJECTED.keys())
def test_a_bad_row_is_rejected_with_its_reason(
    shared_intake: Any, fault: dict[str, str], reason: str
) -> None:
    good = shared_intake.row(transaction_id=f"good {uuid.uuid4().hex[:8]}")
    shared_intake.deliver_new(shared_intake.csv(shared_intake.row(**fault), good))

    receipt = shared_intake.take()[0]

    assert shared_intake.rows(
        "select row_number, reason from raw.rejected_rows where delivery_id = %s",
        receipt.delivery_id,
    ) == [(1, reason)]
    assert shared_intake.rows(
        "select transaction_id from raw.transactions where delivery_id = %s", receipt.delivery_id
    ) == [(good["transaction_id"],)]
    assert (receipt.rows_in_file, receipt.rows_rejected, receipt.rows_admitted) == (2, 1, 1)


KEPT = {
    "SQL in an id": {"transaction_id": "'; drop table raw.transactions; --"},
    "leading zeros": {"transaction_id": "007"},
    "an id that looks like null": {"transaction_id": "NA"},
    "an id of 64 bits": {"transaction_id": "9223372036854775807"},
    "an id beyond 64 bits": {"transaction_id": "18446744073709551617"},
    "an id of hexadecimal digits": {"transaction_id": "12e4"},
    "an id with points": {"transaction_id": "1.2.3"},
    "quotes and commas": {"transaction_id": 'a"b,c'},
    "a blank within an id": {"transaction_id": "t 1"},
    "letters beyond ASCII": {"transaction_id": "Zürich-東京-🙂"},
    "a backslash": {"transaction_id": "a\\N"},
    "a long number that fails Luhn": {"transaction_id": "4111111111111112"},
    "a UUID of digits": {"transaction_id": "12345678-1234-4234-8234-123456789012"},
}


@pytest.mark.parametrize("value", KEPT.values(), ids=KEPT.keys())
def test_an_id_is_stored_as_delivered(shared_intake: Any, value: dict[str, str]) -> None:
    shared_intake.deliver_new(shared_intake.csv(shared_intake.row(**value)))

    receipt = shared_intake.take()[0]

    assert shared_intake.rows(
        "select transaction_id from raw.transactions where delivery_id = %s", receipt.delivery_id
    ) == [(value["transaction_id"],)]


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.5", "USD", 1250),
        ("12", "USD", 1200),
        ("12.5000", "USD", 1250),
        ("100.00", "JPY", 100),
        ("1.234", "KWD", 1234),
        ("0.0001", "CLF", 1),
        ("9999999999.99", "USD", 999_999_999_999),
    ],
)
def test_amounts_become_minor_units_exactly(
    shared_intake: Any, amount: str, currency: str, minor: int
) -> None:
    row = shared_intake.row(transaction_id=f"amount {amount}", amount=amount, currency=currency)
    shared_intake.deliver_new(shared_intake.csv(row))

    receipt = shared_intake.take()[0]

    assert shared_intake.rows(
        "select amount_minor from raw.transactions where delivery_id = %s", receipt.delivery_id
    ) == [(minor,)]


def test_a_row_with_a_field_too_many_or_too_few_is_rejected(intake: Any) -> None:
    good = intake.csv(intake.row(), intake.row(transaction_id="t3")).decode().splitlines()
    intake.deliver("\n".join([good[0], good[1], "a,b", good[2], good[2] + ",x"]).encode() + b"\n")

    intake.take()

    assert intake.rows("select row_number, reason, original from raw.rejected_rows order by 1") == [
        (2, "wrong_field_count", "a,b"),
        (4, "wrong_field_count", good[2] + ",x"),
    ]
    assert intake.rows("select transaction_id, row_number from raw.transactions order by 2") == [
        ("t1", 1),
        ("t3", 3),
    ]


def test_two_contents_of_one_id_in_one_file_are_both_rejected(intake: Any) -> None:
    intake.deliver(
        intake.csv(intake.row(), intake.row(amount="99.00"), intake.row(transaction_id="t2"))
    )

    intake.take()

    assert intake.rows("select row_number, reason from raw.rejected_rows order by 1") == [
        (1, "conflicting_content"),
        (2, "conflicting_content"),
    ]
    assert "12.50" in intake.rows("select original from raw.rejected_rows order by 1")[0][0]
    assert intake.rows("select transaction_id from raw.transactions") == [("t2",)]


def test_the_same_row_twice_in_one_file_is_one_row_and_a_duplicate(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row(), intake.row(), intake.row()))

    receipt = intake.take()[0]

    assert (receipt.rows_duplicate, receipt.rows_admitted) == (2, 1)
    assert intake.rows("select row_number from raw.transactions") == [(1,)]


def test_the_original_is_kept_with_card_numbers_masked(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row(device_id="4111 1111 1111 1111", amount="-3")))

    intake.take()

    original = intake.rows("select original from raw.rejected_rows")[0][0]
    assert "4111 11** **** 1111" in original
    assert "-3" in original
    everywhere = intake.rows("select string_agg(r::text, '') from raw.rejected_rows as r")[0][0]
    assert "1111 1111" not in everywhere


def test_a_declared_numeric_id_may_look_like_a_card_number_with_a_note(intake: Any) -> None:
    intake.change(numeric_id=["device_id"])
    intake.deliver(intake.csv(intake.row(device_id="4111111111111111")))

    receipt = intake.receive()[0]

    assert receipt.rows_rejected == 0
    assert any("device_id is declared numeric_id" in note for note in receipt.notes)


def test_a_source_with_a_time_zone_takes_local_times(intake: Any) -> None:
    intake.change(time_zone="America/New_York")
    intake.deliver(
        intake.csv(
            intake.row(timestamp="2026-01-15 10:00:00"),
            intake.row(transaction_id="t2", timestamp="2026-01-15T10:00:00+01:00"),
        )
    )

    intake.take()

    assert intake.rows(
        "select transaction_id, occurred_at::text from raw.transactions order by 1"
    ) == [("t1", "2026-01-15 15:00:00+00"), ("t2", "2026-01-15 09:00:00+00")]


def test_labels_of_an_unknown_provenance_are_rejected(intake: Any) -> None:
    intake.deliver(
        b"transaction_id,is_fraud,known_at,provenance\n"
        b"t1,1,2026-03-02T00:00:00Z,hearsay\nt2,true,2026-03-02T00:00:00Z,chargeback\n"
        b"t3,maybe,2026-03-02T00:00:00Z,chargeback\n",
        feed="transaction_labels",
    )

    intake.take()

    assert intake.rows("select row_number, reason from raw.rejected_rows order by 1") == [
        (1, "unknown_provenance"),
        (3, "not_a_boolean"),
    ]
    assert intake.rows("select transaction_id, is_fraud from raw.transaction_labels") == [
        ("t2", True)
    ]


@pytest.mark.parametrize("rate", ["0", "-1", "1e13", "NaN", "1,5"])
def test_an_invalid_rate_is_rejected(shared_intake: Any, rate: str) -> None:
    shared_intake.deliver_new(
        f'currency,rate_date,rate,known_at\nEUR,2026-03-01,"{rate}",\n'.encode(), feed="fx_rates"
    )

    assert shared_intake.take()[0].rows_rejected == 1
