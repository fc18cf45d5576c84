"""An interrupted or concurrent intake takes each row exactly once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from psycopg.errors import RaiseException

from features.ingest import admit, receive_all
from features.platform.errors import ContractError


def test_a_crash_during_admission_leaves_the_raw_tables_unchanged(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row(), intake.row(transaction_id="t2")))
    delivery_id = intake.receive()[0].delivery_id
    before = intake.raw_state()
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
    assert intake.raw_state() == before

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


def test_landed_rows_lost_in_a_server_crash_are_parsed_again(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))
    receipt = intake.receive()[0]
    with intake.db.superuser() as connection:
        connection.execute(f"truncate {receipt.landed_table}")  # as recovery does

    again = intake.receive()

    assert [item.rows_landed for item in again] == [1]
    assert again[0].delivery_id != receipt.delivery_id


def test_a_delivery_that_was_parsed_before_is_offered_again(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))
    first = intake.receive()

    second = intake.receive()

    assert [item.delivery_id for item in second] == [item.delivery_id for item in first]


def test_two_concurrent_receivers_take_a_file_once(intake: Any) -> None:
    rows = [intake.row(transaction_id=f"t{i}") for i in range(500)]
    intake.deliver(intake.csv(*rows))
    connections = [intake.db.connect("ingest") for _ in range(2)]

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
