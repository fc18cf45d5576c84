"""Files are admitted in the order of their arrival, and the last statement is valid."""

from __future__ import annotations

import pytest

from features.ingest import admit, admit_all, hold, receive_all, release
from tests.integration.ingest.conftest import Intake
from tests.integration.ingest.statements import LABELS, RATES, VERSIONS

NOON = 1_767_960_000  # of 2026-01-09


def _deliver(intake: Intake, amount: str, name: str, second: int) -> str:
    path = intake.deliver(intake.csv(intake.row(amount=amount)), name)
    intake.date(path, NOON + second)
    return path


def _amounts(intake: Intake) -> list[int]:
    rows = intake.rows("select amount_minor from raw.transactions order by version")
    return [amount for (amount,) in rows]


def test_the_file_written_last_is_valid_under_any_name(intake: Intake) -> None:
    _deliver(intake, "20.00", "tx_10.csv", 2)
    _deliver(intake, "10.00", "tx_9.csv", 1)

    intake.take()

    assert _amounts(intake) == [1000, 2000]


def test_files_of_the_same_moment_are_ordered_by_name(intake: Intake) -> None:
    for name, amount in (("b.csv", "2.00"), ("c.csv", "3.00"), ("a.csv", "1.00")):
        _deliver(intake, amount, name, 0)

    intake.take()

    assert _amounts(intake) == [100, 200, 300]


def test_history_is_admitted_before_older_live_files(intake: Intake) -> None:
    _deliver(intake, "2.00", "a.csv", 1)
    _deliver(intake, "1.00", "history/a.csv", 2)

    intake.take()

    assert _amounts(intake) == [100, 200]


def test_a_run_that_died_before_admission_changes_no_order(intake: Intake) -> None:
    _deliver(intake, "20.00", "a.csv", 2)
    intake.receive()  # and dies
    _deliver(intake, "10.00", "b.csv", 1)

    intake.take()

    assert _amounts(intake) == [1000, 2000]


def test_the_register_holds_the_time_of_arrival(intake: Intake) -> None:
    _deliver(intake, "1.00", "a.csv", 5)

    intake.take()

    assert intake.rows("select arrived_at::text from raw.deliveries") == [
        ("2026-01-09 12:00:05+00",)
    ]


def test_a_file_with_an_impossible_date_is_admitted_once(intake: Intake) -> None:
    path = intake.deliver(intake.csv(intake.row()))
    intake.date(path, 300_000_000_000)

    assert [receipt.rows_admitted for receipt in intake.take()] == [1]
    assert intake.receive() == []


def test_a_released_delivery_does_not_replace_later_deliveries(intake: Intake) -> None:
    _deliver(intake, "10.00", "a.csv", 1)
    held = intake.receive()[0].delivery_id
    hold(held, "the gate said no", intake.connection)
    _deliver(intake, "20.00", "b.csv", 2)
    intake.take()

    release(held, "looked at it", intake.connection)
    receipt = admit(held, intake.connection, intake.sources)

    assert _amounts(intake) == [2000]
    assert (receipt.rows_rejected, receipt.rows_duplicate, receipt.rows_admitted) == (1, 0, 0)
    ((reason, original),) = intake.rows("select reason, original from raw.rejected_rows")
    assert reason == "outdated_statement"
    assert '"transaction_id": "t1"' in original


def test_a_file_that_arrives_later_is_valid_despite_an_earlier_date(intake: Intake) -> None:
    _deliver(intake, "10.00", "a.csv", 2)
    intake.take()
    _deliver(intake, "20.00", "b.csv", 1)

    intake.take()

    assert _amounts(intake) == [1000, 2000]


# ------------------------------------------------------------- back to an earlier value


def _state(intake: Intake, feed: str, value: str, name: str) -> None:
    content = {
        "transactions": intake.csv(intake.row(amount=value)),
        "transaction_labels": f"{LABELS}t1,{value},,chargeback\n".encode(),
        "fx_rates": f"{RATES}EUR,2026-03-01,{value},\n".encode(),
    }
    intake.deliver(content[feed], name, feed)


VALUES = {
    "transactions": (("10.00", "20.00"), ["1000", "2000", "1000"]),
    "transaction_labels": (("1", "0"), ["true", "false", "true"]),
    "fx_rates": (("1.5", "2.5"), ["1.5", "2.5", "1.5"]),
}


# one name holds one file at a time, so a single run needs three names
@pytest.mark.parametrize(
    ("names", "is_one_run"), [("123", True), ("123", False), ("111", False), ("121", False)]
)
@pytest.mark.parametrize("feed", VERSIONS)
def test_bytes_that_return_after_others_are_a_new_version(
    intake: Intake, feed: str, names: str, *, is_one_run: bool
) -> None:
    (first, second), versions = VALUES[feed]
    for name, value in zip(names, (first, second, first), strict=True):
        _state(intake, feed, value, f"{name}.csv")
        if not is_one_run:
            intake.take()
    intake.take()

    assert [value for (value,) in intake.rows(VERSIONS[feed])] == versions
    assert intake.take() == []


def test_bytes_that_return_are_admitted_after_a_run_that_died(intake: Intake) -> None:
    for name, amount in (("1", "10.00"), ("2", "20.00")):
        _state(intake, "transactions", amount, f"{name}.csv")
        intake.take()
    _state(intake, "transactions", "10.00", "3.csv")
    intake.receive()  # and dies

    intake.take()

    assert _amounts(intake) == [1000, 2000, 1000]


def test_the_same_bytes_twice_in_a_row_are_parsed_once(intake: Intake) -> None:
    _state(intake, "transactions", "10.00", "1.csv")
    intake.take()
    _state(intake, "transaction_labels", "1", "1.csv")
    intake.take()

    _state(intake, "transactions", "10.00", "2.csv")
    _state(intake, "transactions", "10.00", "1.csv")
    intake.take()

    assert intake.rows("select count(*) from raw.deliveries where feed = 'transactions'") == [(1,)]
    assert sorted(intake.rows("select object_name from raw.repeated_deliveries")) == [
        ("landing/synthetic/transactions/1.csv",),
        ("landing/synthetic/transactions/2.csv",),
    ]
    assert intake.receive() == []


def test_a_repeat_without_changes_is_a_delivery_of_duplicates(intake: Intake) -> None:
    _state(intake, "transactions", "10.00", "1.csv")
    intake.take()
    intake.deliver(intake.csv(intake.row(transaction_id="t2")), "2.csv")
    intake.take()

    _state(intake, "transactions", "10.00", "3.csv")
    (receipt,) = intake.take()

    assert (receipt.rows_duplicate, receipt.rows_admitted) == (1, 0)


def test_a_file_whose_mode_changes_has_not_arrived_again(intake: Intake) -> None:
    path = _deliver(intake, "10.00", "1.csv", 1)
    intake.take()
    _deliver(intake, "20.00", "2.csv", 2)
    intake.take()

    intake.file(path).chmod(0o640)

    assert intake.take() == []
    assert _amounts(intake) == [1000, 2000]


def test_a_repeat_of_a_held_delivery_moves_its_arrival(intake: Intake) -> None:
    _deliver(intake, "10.00", "1.csv", 1)
    held = intake.receive()[0].delivery_id
    hold(held, "the gate said no", intake.connection)
    _deliver(intake, "20.00", "2.csv", 2)
    intake.take()
    _deliver(intake, "10.00", "3.csv", 3)

    assert intake.take() == []
    release(held, "looked at it", intake.connection)
    admit(held, intake.connection, intake.sources)

    assert _amounts(intake) == [2000, 1000]


def test_two_runs_at_the_same_time_create_each_version_once(intake: Intake) -> None:
    for second, amount in enumerate(("10.00", "20.00", "10.00")):
        _deliver(intake, amount, f"{second}.csv", second)
    with intake.db.connect("ingest") as connection:
        receipts = receive_all(intake.sources, intake.store, intake.connection)
        other_receipts = receive_all(intake.sources, intake.store, connection)
        admit_all([receipt.delivery_id for receipt in other_receipts], connection, intake.sources)
        admit_all([receipt.delivery_id for receipt in receipts], intake.connection, intake.sources)

    assert [item.delivery_id for item in receipts] == [item.delivery_id for item in other_receipts]
    assert _amounts(intake) == [1000, 2000, 1000]


def test_attributes_of_a_released_delivery_do_not_replace_newer_ones(intake: Intake) -> None:
    header = b"application_id,sex,age,marital_status,nationality\n"
    path = intake.deliver(header + b"a1,F,30,,\na2,F,31,,\n", "a.csv", "applicant_attributes")
    intake.date(path, NOON + 1)
    held = intake.receive()[0].delivery_id
    hold(held, "the gate said no", intake.connection)
    path = intake.deliver(header + b"a1,F,40,,\n", "b.csv", "applicant_attributes")
    intake.date(path, NOON + 2)
    intake.take()

    release(held, "looked at it", intake.connection)
    receipt = admit(held, intake.connection, intake.sources)

    assert (receipt.rows_rejected, receipt.rows_admitted) == (1, 1)
    assert intake.rows(
        "select application_id, age from protected.applicant_attributes order by 1"
    ) == [("a1", 40), ("a2", 31)]
    ((original,),) = intake.rows("select original from raw.rejected_rows")
    assert original.startswith("(not kept")
