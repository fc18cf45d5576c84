"""Rows enter the ledger whole, once, and never in the past of a decision."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from psycopg.errors import RaiseException

from features.errors import ContractError
from features.ingest import HistoryRefusedError, admit, admit_all
from features.ingest.clock import INGEST_LOCK_KEY


def _versions(intake: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = intake.rows(
        "select transaction_id, version, amount_minor from raw.transactions order by 1, 2"
    )
    return found


def test_the_same_file_twice_changes_nothing(intake: Any) -> None:
    content = intake.csv(intake.row(), intake.row(transaction_id="t2", amount="-1"))
    intake.deliver(content)
    intake.take()
    before = intake.ledger()

    intake.deliver(content, "the same again.csv")
    receipts = intake.take()

    assert receipts == []
    assert intake.ledger() == before
    assert intake.rows("select object_name from raw.repeated_deliveries") == [
        ("landing/synthetic/transactions/the same again.csv",)
    ]


def test_the_same_rows_in_another_file_are_duplicates(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row(), intake.row(transaction_id="t2")))
    intake.take()

    intake.deliver(intake.csv(intake.row(transaction_id="t2"), intake.row()), "b.csv")
    receipt = intake.take()[0]

    assert (receipt.rows_duplicate, receipt.rows_admitted) == (2, 0)
    assert _versions(intake) == [("t1", 1, 1250), ("t2", 1, 1250)]


def test_other_content_is_the_next_version_and_going_back_is_one_too(intake: Any) -> None:
    for number, amount in enumerate(("1.00", "2.00", "1.00", "1.00")):
        intake.deliver(
            intake.csv(intake.row(amount=amount), intake.row(transaction_id=f"other {number}")),
            f"{number}.csv",
        )
        intake.take()

    mine = [row for row in _versions(intake) if row[0] == "t1"]
    assert mine == [("t1", 1, 100), ("t1", 2, 200), ("t1", 3, 100)]


def test_admitting_twice_returns_the_same_receipt(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))
    delivery_id = intake.receive()[0].delivery_id

    first = admit(delivery_id, intake.connection, intake.sources)
    before = intake.ledger()
    second = admit(delivery_id, intake.connection, intake.sources)

    assert second == first
    assert intake.ledger() == before


def test_a_live_delivery_is_known_at_one_instant_that_only_grows(intake: Any) -> None:
    known = []
    for number in range(3):
        rows = [intake.row(transaction_id=f"{number}-{i}") for i in range(3)]
        intake.deliver(intake.csv(*rows), f"{number}.csv")
        receipt = intake.take()[0]
        known.append((receipt.delivery_seq, receipt.known_at))

    assert known == sorted(known)
    assert len(set(known)) == 3
    assert intake.rows("select count(distinct known_at) from raw.transactions") == [(3,)]


def test_a_row_from_a_clock_that_runs_ahead_is_known_when_it_happens(intake: Any) -> None:
    now = intake.rows("select clock_timestamp()")[0][0]
    ahead = (now + timedelta(minutes=4)).isoformat()
    intake.deliver(intake.csv(intake.row(timestamp=ahead)))

    receipt = intake.take()[0]

    assert receipt.known_at == now + timedelta(minutes=4)


def test_a_landed_table_is_gone_after_admission(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))

    intake.take()

    assert intake.rows("select count(*) from pg_tables where schemaname = 'landed'") == [(0,)]


def test_rows_before_decide_from_are_history(intake: Any) -> None:
    intake.deliver(
        intake.csv(
            intake.row(transaction_id="old", timestamp="2025-12-31T23:59:59.999Z"),
            intake.row(transaction_id="new", timestamp="2026-01-01T00:00:00Z"),
        )
    )

    intake.take()

    assert intake.rows("select transaction_id, is_history from raw.transactions order by 1") == [
        ("new", False),
        ("old", True),
    ]


def test_a_history_load_is_known_when_its_source_says(intake: Any) -> None:
    intake.change(latency="1h")
    intake.deliver(intake.csv(intake.row()), "history/a.csv")

    intake.take()

    assert intake.rows(
        "select is_history, (known_at - occurred_at)::text from raw.transactions"
    ) == [(True, "01:00:00")]


def test_history_is_refused_once_features_were_built(intake: Any) -> None:
    with intake.db.superuser() as connection:
        connection.execute("create table marts.feat_transactions as select 1 as version")
        connection.execute("grant select on marts.feat_transactions to ingest")
    intake.deliver(intake.csv(intake.row()), "history/a.csv")
    delivery_id = intake.receive()[0].delivery_id

    with pytest.raises(HistoryRefusedError, match="features were built"):
        admit(delivery_id, intake.connection, intake.sources)

    assert _versions(intake) == []
    state, reason = intake.rows("select state, reason from raw.deliveries")[0]
    assert state == "held"
    assert reason.startswith("history_refused: ")


def test_amounts_are_stated_in_the_base_currency_of_their_day(intake: Any) -> None:
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


def test_labels_are_versions_and_the_best_provenance_comes_last(intake: Any) -> None:
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


def test_a_crash_during_admission_leaves_the_ledger_as_it_was(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row(), intake.row(transaction_id="t2")))
    delivery_id = intake.receive()[0].delivery_id
    before = intake.ledger()
    with intake.db.superuser() as connection:
        connection.execute(
            "create function raw.fail() returns trigger language plpgsql as "
            "$$ begin raise exception 'the plug was pulled'; end $$"
        )
        connection.execute(
            "create trigger fail before update on raw.deliveries "
            "for each row execute function raw.fail()"
        )

    with pytest.raises(RaiseException, match="the plug was pulled"):
        admit(delivery_id, intake.connection, intake.sources)
    assert intake.ledger() == before

    with intake.db.superuser() as connection:
        connection.execute("drop trigger fail on raw.deliveries")
    assert admit(delivery_id, intake.connection, intake.sources).rows_admitted == 2


def test_a_landed_table_that_lost_rows_is_not_admitted(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row(), intake.row(transaction_id="t2")))
    receipt = intake.receive()[0]
    with intake.db.superuser() as connection:
        connection.execute(f"delete from {receipt.landed_table} where transaction_id = 't2'")

    with pytest.raises(ContractError, match="has 1 rows, not 2"):
        admit(receipt.delivery_id, intake.connection, intake.sources)


def test_what_a_crash_of_the_server_took_is_parsed_again(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))
    receipt = intake.receive()[0]
    with intake.db.superuser() as connection:
        connection.execute(f"truncate {receipt.landed_table}")  # what recovery does to it

    again = intake.receive()

    assert [item.rows_landed for item in again] == [1]
    assert again[0].delivery_id != receipt.delivery_id


def test_a_delivery_that_was_parsed_before_is_offered_again(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))
    first = intake.receive()

    second = intake.receive()

    assert [item.delivery_id for item in second] == [item.delivery_id for item in first]


def test_admission_waits_for_the_ingest_lock(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))
    ids = [receipt.delivery_id for receipt in intake.receive()]
    done = threading.Event()

    def work() -> None:
        admit_all(ids, intake.connection, intake.sources)
        done.set()

    with intake.db.connect("ingest") as other:
        other.execute("select pg_advisory_xact_lock(%s)", (INGEST_LOCK_KEY,))
        thread = threading.Thread(target=work)
        thread.start()
        assert not done.wait(0.5)
        other.commit()
    thread.join(30)
    assert done.is_set()


def test_two_that_receive_at_once_take_a_file_once(intake: Any) -> None:
    rows = [intake.row(transaction_id=f"t{i}") for i in range(500)]
    intake.deliver(intake.csv(*rows))
    connections = [intake.db.connect("ingest") for _ in range(2)]

    from features.ingest import receive_all

    threads = [
        threading.Thread(target=receive_all, args=(intake.sources, intake.store, connection))
        for connection in connections
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for connection in connections:
        connection.close()

    assert intake.rows("select count(*) from raw.deliveries") == [(1,)]
    assert intake.rows("select count(*) from pg_tables where schemaname = 'landed'") == [(1,)]


def test_every_row_of_every_delivery_went_to_exactly_one_place(intake: Any) -> None:
    intake.deliver(
        intake.csv(
            intake.row(),
            intake.row(),
            intake.row(transaction_id="t2", amount="-1"),
            intake.row(transaction_id="t3"),
            intake.row(transaction_id="t3", amount="1"),
        )
    )
    intake.take()
    intake.deliver(intake.csv(intake.row(), intake.row(transaction_id="t4")), "b.csv")
    intake.take()

    assert intake.rows(
        """
        select
            d.rows_in_file,
            (select count(*) from raw.rejected_rows as r where r.delivery_id = d.delivery_id),
            d.rows_duplicate,
            (select count(*) from raw.transactions as t where t.delivery_id = d.delivery_id)
        from raw.deliveries as d order by delivery_seq
        """
    ) == [(5, 3, 1, 1), (2, 0, 1, 1)]


def test_the_digest_of_a_row_depends_on_its_content_alone(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row(), intake.row(transaction_id="t2")))
    intake.take()
    before = dict(
        intake.rows("select transaction_id, content_digest from raw.transaction_versions")
    )
    with intake.db.superuser() as connection:
        connection.execute("truncate raw.transaction_versions, raw.transactions")

    intake.deliver(intake.csv(intake.row(transaction_id="t2"), intake.row()), "history/b.csv")
    intake.take()

    assert before == dict(
        intake.rows("select transaction_id, content_digest from raw.transaction_versions")
    )
