"""Rows enter the raw tables whole, once, and never in the past of a decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from features.ingest import HistoryRefusedError, admit


def _versions(intake: Any) -> list[tuple[Any, ...]]:
    versions: list[tuple[Any, ...]] = intake.rows(
        "select transaction_id, version, amount_minor from raw.transactions order by 1, 2"
    )
    return versions


def test_the_same_file_twice_has_no_effect(intake: Any) -> None:
    content = intake.csv(intake.row(), intake.row(transaction_id="t2", amount="-1"))
    intake.deliver(content)
    intake.take()
    before = intake.raw_state()

    intake.deliver(content, "the same again.csv")
    receipts = intake.take()

    assert receipts == []
    assert intake.raw_state() == before
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


def test_changed_content_is_the_next_version_and_so_is_a_reversal(intake: Any) -> None:
    for number, amount in enumerate(("1.00", "2.00", "1.00", "1.00")):
        intake.deliver(
            intake.csv(intake.row(amount=amount), intake.row(transaction_id=f"other {number}")),
            f"{number}.csv",
        )
        intake.take()

    versions = [row for row in _versions(intake) if row[0] == "t1"]
    assert versions == [("t1", 1, 100), ("t1", 2, 200), ("t1", 3, 100)]


def test_admitting_twice_returns_the_same_receipt(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))
    delivery_id = intake.receive()[0].delivery_id

    first = admit(delivery_id, intake.connection, intake.sources)
    before = intake.raw_state()
    second = admit(delivery_id, intake.connection, intake.sources)

    assert second == first
    assert intake.raw_state() == before


def test_live_deliveries_are_known_at_ascending_instants(intake: Any) -> None:
    known = []
    for number in range(3):
        rows = [intake.row(transaction_id=f"{number}-{i}") for i in range(3)]
        intake.deliver(intake.csv(*rows), f"{number}.csv")
        receipt = intake.take()[0]
        known.append((receipt.delivery_seq, receipt.known_at))

    assert known == sorted(known)
    assert len(set(known)) == 3
    assert intake.rows("select count(distinct known_at) from raw.transactions") == [(3,)]


def test_a_row_dated_in_the_future_is_known_at_its_own_time(intake: Any) -> None:
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


def test_decide_from_separates_the_rows_of_a_history_load_too(intake: Any) -> None:
    # one file may hold all rows: each is known at its own time
    rows = [
        intake.row(transaction_id="old", timestamp="2025-12-31T23:59:59Z"),
        intake.row(transaction_id="new", timestamp="2026-01-01T00:00:00Z"),
    ]
    intake.deliver(intake.csv(*rows), "history/a.csv")

    intake.take()

    assert intake.rows(
        "select transaction_id, is_history, known_at = occurred_at from raw.transactions order by 1"
    ) == [("new", False, True), ("old", True, True)]


def test_without_decide_from_the_folder_of_a_file_separates_its_rows(intake: Any) -> None:
    intake.sources = intake.sources.model_copy(update={"decide_from": None})
    intake.deliver(intake.csv(intake.row(transaction_id="old")), "history/a.csv")
    intake.deliver(intake.csv(intake.row(transaction_id="new")), "b.csv")

    intake.take()

    assert intake.rows("select transaction_id, is_history from raw.transactions order by 1") == [
        ("new", False),
        ("old", True),
    ]


def test_a_history_load_is_known_at_the_time_of_its_source(intake: Any) -> None:
    intake.change(latency="1h")
    row = intake.row(timestamp="2025-12-01T10:00:00Z")
    intake.deliver(intake.csv(row), "history/a.csv")

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


def test_every_row_of_every_delivery_is_in_exactly_one_table(intake: Any) -> None:
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


def test_the_digest_of_a_row_depends_only_on_its_content(intake: Any) -> None:
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


def test_a_delivery_is_compared_only_with_the_versions_of_its_own_keys(
    intake: Any,
) -> None:
    with intake.db.superuser() as connection:
        connection.execute(
            """
            insert into raw.transaction_versions
            select 'h-' || number, 1, '', 'c1', '2026-01-01', '2026-01-01', 1, true
            from generate_series(1, 50000) as number
            """
        )
        connection.execute("analyze raw.transaction_versions")
    rows = (intake.row(transaction_id=f"t{number}") for number in range(500))
    intake.deliver(intake.csv(*rows))
    intake.take()
    intake.connection.execute("select pg_stat_force_next_flush()")
    intake.connection.commit()

    ((added, rows_read),) = intake.rows(
        "select sum(n_tup_ins), sum(seq_tup_read) from pg_stat_all_tables "
        "where relname like 'transaction\\_versions\\_p%'"
    )

    assert (added, rows_read) == (50_500, 0)
