"""Two DAGs read the same feeds in the same hour, and each delivery belongs to one run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from features.ingest import admit, admit_all, arrivals, discard, hold, receive_all, release
from features.platform import failpoints
from features.platform.errors import BadDeliveryError
from orchestration import steps

FILES, ROWS = 8, 5


@pytest.fixture
def validate_raw(
    intake: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Run the gate of the DAGs over the warehouse of the test."""
    monkeypatch.setattr("features.platform.settings.get_settings", lambda: intake.db.settings)
    return steps.validate_raw


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


def _deliver(intake: Any, files: int = FILES) -> None:
    for file in range(files):
        rows = [intake.row(transaction_id=f"t{file}-{number}") for number in range(ROWS)]
        intake.deliver(intake.csv(*rows), f"{file}.csv")


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_two_runs_over_the_same_files_admit_each_row_once_without_failing(
    intake: Any, validate_raw: Any
) -> None:
    _deliver(intake)
    start = threading.Barrier(2)

    def run() -> int:
        with intake.db.connect("ingest") as connection:
            connection.autocommit = True
            start.wait()
            received = receive_all(intake.sources, intake.store, connection)
            passed = validate_raw([receipt.as_dict() for receipt in received])
            ids = [receipt["subject"] for receipt in passed]
            return len(admit_all(ids, connection, intake.sources))

    with ThreadPoolExecutor(2) as pool:
        admitted = [pool.submit(run) for _ in range(2)]
        assert sum(done.result(120) for done in admitted) >= FILES

    assert intake.rows("select state, count(*) from raw.deliveries group by 1") == [
        ("admitted", FILES)
    ]
    assert intake.rows("select count(*) from raw.transactions") == [(FILES * ROWS,)]
    assert intake.rows("select count(*) from pg_tables where schemaname = 'landed'") == [(0,)]


@pytest.mark.parametrize("is_before", [True, False])
def test_a_run_that_registers_the_file_during_the_look_at_the_register_is_found(
    intake: Any, monkeypatch: pytest.MonkeyPatch, is_before: bool
) -> None:
    _deliver(intake, 1)
    last_seen = arrivals.last_seen

    def other_run() -> None:
        # the other run looks too, and no third one may come
        monkeypatch.setattr(arrivals, "last_seen", last_seen)
        with intake.db.connect("ingest") as connection:
            connection.autocommit = True
            assert len(receive_all(intake.sources, intake.store, connection)) == 1

    def look(*arguments: Any) -> Any:
        if is_before:
            other_run()
        found = last_seen(*arguments)
        if not is_before:
            other_run()
        return found

    # two threads would meet at this place by chance alone
    monkeypatch.setattr(arrivals, "last_seen", look)
    intake.receive()

    assert intake.rows("select count(*) from raw.deliveries") == [(1,)]


def test_a_retry_of_the_gate_checks_only_deliveries_that_have_not_passed(
    intake: Any, validate_raw: Any
) -> None:
    _deliver(intake, 3)
    received = [receipt.as_dict() for receipt in intake.receive()]
    first = validate_raw(received[:2])

    again = validate_raw(received)

    assert [receipt["validation_id"] for receipt in again[:2]] == [
        receipt["validation_id"] for receipt in first
    ]
    assert intake.rows(
        "select verdict, rows_expected, rows_checked, checked_table "
        "from audit.validation_results order by validated_at"
    ) == [("passed", ROWS, ROWS, delivery["landed_table"]) for delivery in received]


def test_only_the_bad_delivery_among_similar_good_ones_is_held(
    intake: Any, validate_raw: Any
) -> None:
    _deliver(intake, 4)
    received = [receipt.as_dict() for receipt in intake.receive()]
    with intake.db.superuser() as connection:
        connection.execute(f"update {received[2]['landed_table']} set amount_minor = -1")

    verdicts = [receipt["verdict"] for receipt in validate_raw(received)]

    assert verdicts == ["passed", "passed", "failed", "passed"]
    assert intake.rows("select object_name from raw.deliveries where state = 'held'") == [
        (received[2]["object_name"],)
    ]


def test_a_delivery_discarded_during_the_gate_is_left_alone(intake: Any, validate_raw: Any) -> None:
    _deliver(intake, 2)
    received = [receipt.as_dict() for receipt in intake.receive()]
    table = received[0]["landed_table"]
    with intake.db.superuser() as connection, ThreadPoolExecutor(1) as pool:
        with connection.transaction():
            connection.execute(f"lock table {table}")
            checked = pool.submit(validate_raw, received)
            _until(
                lambda: bool(
                    intake.rows("select from pg_stat_activity where wait_event_type = 'Lock'")
                )
            )
            connection.execute(
                "update raw.deliveries set state = 'discarded', reason = 'by a person', "
                "landed_table = null where delivery_id = %s",
                (received[0]["delivery_id"],),
            )
            connection.execute(f"drop table {table}")
        receipts = checked.result(60)

    assert [receipt["subject"] for receipt in receipts] == [received[1]["delivery_id"]]


@pytest.mark.parametrize("move", [hold, discard])
def test_a_delivery_is_neither_held_nor_discarded_while_it_is_admitted(
    intake: Any, move: Callable[..., None]
) -> None:
    _deliver(intake, 1)
    (receipt,) = intake.receive()
    copied, moving = threading.Event(), threading.Event()

    def pause() -> None:
        copied.set()
        _until(
            lambda: bool(intake.rows("select from pg_stat_activity where wait_event_type = 'Lock'"))
        )

    def interfere() -> None:
        copied.wait(30)
        with intake.db.connect("ingest") as connection:
            connection.autocommit = True
            moving.set()
            with pytest.raises(BadDeliveryError, match="is admitted, not parsed or held"):
                move(receipt.delivery_id, "by a person", connection)

    failpoints.on_reach("after_raw_copy", pause)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(interfere)
        admit(receipt.delivery_id, intake.connection, intake.sources)
        done.result(30)

    assert moving.is_set()
    assert intake.rows("select state from raw.deliveries") == [("admitted",)]


def test_a_second_release_of_an_admitted_delivery_is_refused_at_once(intake: Any) -> None:
    _deliver(intake, 1)
    (receipt,) = intake.receive()
    hold(receipt.delivery_id, "looks odd", intake.connection)
    release(receipt.delivery_id, "looked at", intake.connection)
    admit(receipt.delivery_id, intake.connection, intake.sources)

    with pytest.raises(BadDeliveryError, match="is admitted, not held"):
        release(receipt.delivery_id, "looked at", intake.connection)
