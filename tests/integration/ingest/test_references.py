"""Each row uses the rates and labels known at its own time."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet


def test_amounts_are_converted_at_the_rate_of_their_day(intake: Any) -> None:
    intake.deliver(
        b"currency,rate_date,rate,known_at\n"
        b"EUR,2026-02-27,1.5,\nEUR,2026-03-02,9,\nKWD,2026-03-01,3.25,\nJPY,2026-03-01,0.0065,\n",
        feed="fx_rates",
    )
    intake.deliver(
        intake.csv(
            intake.row(transaction_id="base"),
            intake.row(transaction_id="weekend", currency="EUR"),
            intake.row(transaction_id="three digits", currency="KWD", amount="1.234"),
            intake.row(transaction_id="no digits", currency="JPY", amount="1000"),
            intake.row(transaction_id="half a cent", currency="JPY", amount="100"),
            intake.row(transaction_id="no rate", currency="GBP"),
        )
    )

    intake.take()

    assert dict(intake.rows("select transaction_id, amount_base_minor from raw.transactions")) == {
        "base": 1250,
        "weekend": 1875,  # the newest rate of the day or before
        "three digits": 401,  # 1.234 x 3.25 = 4.0105
        "no digits": 650,
        "half a cent": 65,
        "no rate": None,
    }


def test_history_uses_the_rate_that_was_known_then(intake: Any) -> None:
    intake.deliver(
        b"currency,rate_date,rate,known_at\nEUR,2026-03-01,1,2026-03-01T08:00:00Z\n",
        "history/1.csv",
        feed="fx_rates",
    )
    intake.deliver(
        b"currency,rate_date,rate,known_at\nEUR,2026-03-01,2,2026-03-01T12:00:00Z\n",
        "history/2.csv",
        feed="fx_rates",
    )
    rows = [
        intake.row(transaction_id=hour, currency="EUR", timestamp=f"2026-03-01T{hour}:00:00Z")
        for hour in ("07", "08", "11", "12", "23")
    ]
    intake.deliver(intake.csv(*rows), "history/a.csv")

    intake.take()

    assert dict(intake.rows("select transaction_id, amount_base_minor from raw.transactions")) == {
        "07": None,
        "08": 1250,
        "11": 1250,
        "12": 2500,
        "23": 2500,
    }


def test_labels_are_versions_and_the_best_provenance_is_last(intake: Any) -> None:
    header = b"transaction_id,is_fraud,known_at,provenance\n"
    known = b"2026-03-02T00:00:00Z"
    intake.deliver(
        header + b"t1,1," + known + b",chargeback\nt1,0," + known + b",customer_report\n",
        feed="transaction_labels",
    )
    intake.take()
    intake.deliver(
        header + b"t1,0," + known + b",customer_report\nt1,0," + known + b",chargeback\n",
        "b.csv",
        feed="transaction_labels",
    )
    receipt = intake.take()[0]

    assert (receipt.rows_duplicate, receipt.rows_admitted) == (1, 1)
    assert intake.rows(
        "select version, provenance, is_fraud from raw.transaction_labels order by 1"
    ) == [(1, "customer_report", False), (2, "chargeback", True), (3, "chargeback", False)]


def _handbook_file(**overrides: Any) -> bytes:
    table = pa.table(
        {
            "TRANSACTION_ID": pa.array([1, 2], pa.int32()),
            "TX_DATETIME": pa.array([1_534_204_800_000, 1_534_204_801_000], pa.timestamp("ms")),
            "CUSTOMER_ID": pa.array([7, 8], pa.int16()),
            "TERMINAL_ID": pa.array([9, 9], pa.int16()),
            "TX_AMOUNT": pa.array([1108.8500000000001, 0.0]),
            "TX_FRAUD": pa.array([1, 0], pa.int8()),
            "TX_FRAUD_SCENARIO": pa.array([3, 0], pa.int8()),
            **overrides,
        }
    )
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def test_inline_labels_become_known_a_week_later_and_the_leak_is_never_read(
    handbook: Any,
) -> None:
    handbook.deliver(_handbook_file(), "history/a.parquet")

    handbook.take()

    assert handbook.rows(
        "select transaction_id, amount_minor, currency_code, occurred_at::text "
        "from raw.transactions order by 1"
    ) == [
        ("1", 110885, "USD", "2018-08-14 00:00:00+00"),
        ("2", 0, "USD", "2018-08-14 00:00:01+00"),
    ]
    assert handbook.rows(
        "select transaction_id, is_fraud, known_at::text, provenance "
        "from raw.transaction_labels order by 1"
    ) == [
        ("1", True, "2018-08-21 00:00:00+00", "simulation"),
        ("2", False, "2018-08-21 00:00:01+00", "simulation"),
    ]
    columns = handbook.rows(
        "select column_name from information_schema.columns where column_name ilike '%scenario%' "
        "and table_schema in ('raw', 'landed')"
    )
    assert columns == []


def test_a_corrected_inline_label_is_a_new_label_and_no_new_transaction(handbook: Any) -> None:
    handbook.deliver(_handbook_file(), "a.parquet")
    handbook.take()

    handbook.deliver(_handbook_file(TX_FRAUD=pa.array([1, 1], pa.int8())), "b.parquet")
    receipt = handbook.take()[0]

    assert receipt.rows_duplicate == 2
    assert handbook.rows(
        "select transaction_id, version, is_fraud from raw.transaction_labels order by 1, 2"
    ) == [("1", 1, True), ("2", 1, False), ("2", 2, True)]


def test_inline_labels_can_return_to_an_earlier_value(handbook: Any) -> None:
    for name, fraud in (("a", 1), ("b", 0), ("c", 1)):
        content = _handbook_file(TX_FRAUD=pa.array([fraud, 0], pa.int8()))
        handbook.deliver(content, f"{name}.parquet")
        handbook.take()

    assert handbook.rows(
        "select is_fraud from raw.transaction_labels where transaction_id = '1' order by version"
    ) == [(True,), (False,), (True,)]


def _contradict(
    handbook: Any,
    provenance: str = "provenance",
    declared: str = "declared_known_at",
    ids: str = "true",
) -> None:
    """Give labels a second version with the opposite value."""
    with handbook.db.superuser() as connection:
        connection.execute(
            "insert into raw.transaction_labels select transaction_id, 2, not is_fraud, known_at, "
            f"{declared}, {provenance}, source, delivery_id, delivery_seq "
            f"from raw.transaction_labels where {ids}"
        )


def test_inline_labels_do_not_replace_those_of_another_provenance(handbook: Any) -> None:
    handbook.deliver(_handbook_file(), "a.parquet")
    handbook.take()
    _contradict(handbook, provenance="'chargeback'")

    handbook.deliver(_handbook_file(TX_AMOUNT=pa.array([5.0, 6.0])), "b.parquet")
    handbook.take()

    assert handbook.rows("select max(version) from raw.transaction_labels") == [(2,)]


def test_an_inline_label_does_not_replace_a_label_known_later(handbook: Any) -> None:
    handbook.deliver(_handbook_file(), "a.parquet")
    handbook.take()
    _contradict(
        handbook, declared="declared_known_at + interval '30 days'", ids="transaction_id = '2'"
    )

    changed = {"TX_FRAUD": pa.array([0, 0], pa.int8()), "TX_AMOUNT": pa.array([5.0, 6.0])}
    handbook.deliver(_handbook_file(**changed), "b.parquet")
    handbook.deliver(_handbook_file(TX_AMOUNT=pa.array([7.0, 8.0])), "c.parquet")
    handbook.take()

    assert handbook.rows(
        "select transaction_id, is_fraud from raw.transaction_labels order by 1, version"
    ) == [("1", True), ("1", False), ("1", True), ("2", False), ("2", True)]


def test_a_corrected_time_of_a_transaction_moves_its_label(handbook: Any) -> None:
    handbook.deliver(_handbook_file(), "a.parquet")
    handbook.take()

    earlier = pa.array([1_534_204_700_000, 1_534_204_701_000], pa.timestamp("ms"))
    changed = {"TX_DATETIME": earlier, "TX_FRAUD": pa.array([0, 0], pa.int8())}
    handbook.deliver(_handbook_file(**changed), "b.parquet")
    (receipt,) = handbook.take()

    assert receipt.notes == ()
    assert handbook.rows(
        "select is_fraud from raw.transaction_labels where transaction_id = '1' order by version"
    ) == [(True,), (False,)]
