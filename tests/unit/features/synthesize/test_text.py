"""Identifiers, amounts and instants are written as text without loss."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from features.synthesize import currencies, identifiers, render
from tests.unit.features.synthesize.worlds import passes_luhn


def test_no_identifier_passes_as_a_card_number() -> None:
    index = np.arange(20_000, dtype=np.int64)

    ids = identifiers.transaction_ids(20_500, 725, index).to_pylist()
    merchants = identifiers.merchant_ids(20_000).to_pylist()

    assert not any(passes_luhn(text) for text in ids + merchants)


def test_transaction_ids_fill_64_bits_and_no_float_holds_them() -> None:
    ids = identifiers.transaction_ids(20_500, 725, np.arange(1000, dtype=np.int64)).to_pylist()

    assert len(set(ids)) == 1000
    assert all(len(text) == 19 and 2**53 < int(text) < 2**63 for text in ids)
    assert len({float(text) for text in ids}) < 1000


def test_customer_ids_are_distinct_and_keep_their_leading_zeros() -> None:
    ids = identifiers.customer_ids(np.arange(50_000, dtype=np.int64)).to_pylist()

    assert len(set(ids)) == 50_000
    assert {len(text) for text in ids} == {12}
    assert all(text.startswith("00") for text in ids)


def test_amounts_have_the_digits_of_their_currency() -> None:
    currency = np.array([currencies.INDEX[code] for code in ("USD", "JPY", "KWD", "EUR")])

    text = render.amounts(np.array([5, 1250, 1234, 100_000]), currency)

    assert text.to_pylist() == ["0.05", "1250", "1.234", "1000.00"]


def test_instants_are_iso_8601_in_utc() -> None:
    moments = [
        datetime(1999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
        datetime(2028, 2, 29, 0, 0, 0, 1_000, tzinfo=UTC),
        datetime(2026, 3, 1, 13, 7, 42, 50_000, tzinfo=UTC),
    ]

    text = render.instants(np.array([round(moment.timestamp() * 1000) for moment in moments]))

    assert text.to_pylist() == [
        "1999-12-31T23:59:59.999Z", "2028-02-29T00:00:00.001Z", "2026-03-01T13:07:42.050Z"
    ]  # fmt: skip


def test_rates_move_a_little_and_the_dollar_does_not() -> None:
    today, tomorrow = currencies.rates_on(7, 20_500), currencies.rates_on(7, 20_501)

    change = np.abs(tomorrow / today - 1)
    assert change.max() < 0.05
    assert change[currencies.INDEX["USD"]] == 0
    assert today[currencies.INDEX["USD"]] == 1
