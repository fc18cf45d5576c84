"""Files are admitted in the order in which they arrived, and what is said last holds."""

from __future__ import annotations

import os
from typing import Any

import pytest

from features.ingest import admit, admit_all, hold, receive_all, release

LABELS = "transaction_id,is_fraud,known_at,provenance\n"
RATES = "currency,rate_date,rate,known_at\n"


def _at(intake: Any, path: str, second: int) -> None:
    """Say when a file was written: so many seconds after a noon long ago."""
    moment = 1_767_960_000 + second
    os.utime(intake.store._path(path), (moment, moment))


def _deliver(intake: Any, amount: str, name: str, second: int) -> str:
    path: str = intake.deliver(intake.csv(intake.row(amount=amount)), name)
    _at(intake, path, second)
    return path


def _amounts(intake: Any) -> list[int]:
    rows = intake.rows("select amount_minor from raw.transactions order by version")
    return [amount for (amount,) in rows]


def test_the_file_that_was_written_last_holds_whatever_its_name(intake: Any) -> None:
    _deliver(intake, "20.00", "tx_10.csv", 2)
    _deliver(intake, "10.00", "tx_9.csv", 1)

    intake.take()

    assert _amounts(intake) == [1000, 2000]


def test_files_of_the_same_moment_go_by_name(intake: Any) -> None:
    for name, amount in (("b.csv", "2.00"), ("c.csv", "3.00"), ("a.csv", "1.00")):
        _deliver(intake, amount, name, 0)

    intake.take()

    assert _amounts(intake) == [100, 200, 300]


def test_history_goes_before_live_files_that_are_older(intake: Any) -> None:
    _deliver(intake, "2.00", "a.csv", 1)
    _deliver(intake, "1.00", "history/a.csv", 2)

    intake.take()

    assert _amounts(intake) == [100, 200]


def test_a_run_that_died_before_admission_changes_no_order(intake: Any) -> None:
    _deliver(intake, "20.00", "a.csv", 2)
    intake.receive()  # and dies
    _deliver(intake, "10.00", "b.csv", 1)

    intake.take()

    assert _amounts(intake) == [1000, 2000]


def test_the_time_of_arrival_stands_in_the_register(intake: Any) -> None:
    _deliver(intake, "1.00", "a.csv", 5)

    intake.take()

    assert intake.rows("select arrived_at::text from raw.deliveries") == [
        ("2026-01-09 12:00:05+00",)
    ]


def test_a_file_with_an_impossible_date_is_taken_once(intake: Any) -> None:
    path = intake.deliver(intake.csv(intake.row()))
    os.utime(intake.store._path(path), (300_000_000_000, 300_000_000_000))

    assert [receipt.rows_admitted for receipt in intake.take()] == [1]
    assert intake.receive() == []


def test_a_released_delivery_does_not_replace_what_arrived_after_it(intake: Any) -> None:
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


def test_a_file_that_turns_up_later_holds_though_it_is_dated_back(intake: Any) -> None:
    _deliver(intake, "10.00", "a.csv", 2)
    intake.take()
    _deliver(intake, "20.00", "b.csv", 1)

    intake.take()

    assert _amounts(intake) == [1000, 2000]


# ------------------------------------------------------------- back to an earlier value


def _say(intake: Any, feed: str, value: str, name: str) -> None:
    content = {
        "transactions": intake.csv(intake.row(amount=value)),
        "transaction_labels": f"{LABELS}t1,{value},,chargeback\n".encode(),
        "fx_rates": f"{RATES}EUR,2026-03-01,{value},\n".encode(),
    }
    intake.deliver(content[feed], name, feed)


SAID = {
    "transactions": "select amount_minor::text from raw.transactions order by version",
    "transaction_labels": "select is_fraud::text from raw.transaction_labels order by version",
    "fx_rates": "select trim_scale(rate)::text from raw.fx_rates order by version",
}
VALUES = {
    "transactions": (("10.00", "20.00"), ["1000", "2000", "1000"]),
    "transaction_labels": (("1", "0"), ["true", "false", "true"]),
    "fx_rates": (("1.5", "2.5"), ["1.5", "2.5", "1.5"]),
}


@pytest.mark.parametrize("is_one_run", [True, False], ids=["one run", "three runs"])
@pytest.mark.parametrize("names", ["123", "111", "121"])
@pytest.mark.parametrize("feed", SAID)
def test_bytes_that_come_back_after_others_are_a_version_again(
    intake: Any, feed: str, names: str, *, is_one_run: bool
) -> None:
    (first, second), wanted = VALUES[feed]
    if is_one_run and len(set(names)) < 3:
        pytest.skip("one name holds one file at a time")
    for name, value in zip(names, (first, second, first), strict=True):
        _say(intake, feed, value, f"{name}.csv")
        if not is_one_run:
            intake.take()
    intake.take()

    assert [value for (value,) in intake.rows(SAID[feed])] == wanted
    assert intake.take() == []


def test_bytes_that_come_back_are_taken_after_a_run_that_died(intake: Any) -> None:
    for name, amount in (("1", "10.00"), ("2", "20.00")):
        _say(intake, "transactions", amount, f"{name}.csv")
        intake.take()
    _say(intake, "transactions", "10.00", "3.csv")
    intake.receive()  # and dies

    intake.take()

    assert _amounts(intake) == [1000, 2000, 1000]


def test_the_same_bytes_with_nothing_between_are_not_even_parsed(intake: Any) -> None:
    _say(intake, "transactions", "10.00", "1.csv")
    intake.take()
    _say(intake, "transaction_labels", "1", "1.csv")
    intake.take()

    _say(intake, "transactions", "10.00", "2.csv")
    _say(intake, "transactions", "10.00", "1.csv")
    intake.take()

    assert intake.rows("select count(*) from raw.deliveries where feed = 'transactions'") == [(1,)]
    assert sorted(intake.rows("select object_name from raw.repeated_deliveries")) == [
        ("landing/synthetic/transactions/1.csv",),
        ("landing/synthetic/transactions/2.csv",),
    ]
    assert intake.receive() == []


def test_a_repeat_that_changes_nothing_is_a_delivery_of_duplicates(intake: Any) -> None:
    _say(intake, "transactions", "10.00", "1.csv")
    intake.take()
    intake.deliver(intake.csv(intake.row(transaction_id="t2")), "2.csv")
    intake.take()

    _say(intake, "transactions", "10.00", "3.csv")
    (receipt,) = intake.take()

    assert (receipt.rows_duplicate, receipt.rows_admitted) == (1, 0)


def test_a_file_whose_mode_changes_has_not_arrived_again(intake: Any) -> None:
    path = _deliver(intake, "10.00", "1.csv", 1)
    intake.take()
    _deliver(intake, "20.00", "2.csv", 2)
    intake.take()

    intake.store._path(path).chmod(0o640)

    assert intake.take() == []
    assert _amounts(intake) == [1000, 2000]


def test_bytes_that_repeat_a_held_delivery_lift_its_arrival(intake: Any) -> None:
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


def test_two_runs_at_once_make_no_version_twice(intake: Any) -> None:
    for second, amount in enumerate(("10.00", "20.00", "10.00")):
        _deliver(intake, amount, f"{second}.csv", second)
    with intake.db.connect("ingest") as other:
        mine = receive_all(intake.sources, intake.store, intake.connection)
        theirs = receive_all(intake.sources, intake.store, other)
        admit_all([receipt.delivery_id for receipt in theirs], other, intake.sources)
        admit_all([receipt.delivery_id for receipt in mine], intake.connection, intake.sources)

    assert [item.delivery_id for item in mine] == [item.delivery_id for item in theirs]
    assert _amounts(intake) == [1000, 2000, 1000]


def test_attributes_of_a_released_delivery_do_not_replace_newer_ones(intake: Any) -> None:
    header = b"application_id,sex,age,marital_status,nationality\n"
    path = intake.deliver(header + b"a1,F,30,,\na2,F,31,,\n", "a.csv", "applicant_attributes")
    _at(intake, path, 1)
    held = intake.receive()[0].delivery_id
    hold(held, "the gate said no", intake.connection)
    path = intake.deliver(header + b"a1,F,40,,\n", "b.csv", "applicant_attributes")
    _at(intake, path, 2)
    intake.take()

    release(held, "looked at it", intake.connection)
    receipt = admit(held, intake.connection, intake.sources)

    assert (receipt.rows_rejected, receipt.rows_admitted) == (1, 1)
    assert intake.rows(
        "select application_id, age from protected.applicant_attributes order by 1"
    ) == [("a1", 40), ("a2", 31)]
    ((original,),) = intake.rows("select original from raw.rejected_rows")
    assert original.startswith("(not kept")


# ------------------------------------------------------------- declared times


def test_a_label_that_was_known_earlier_replaces_none_that_was_known_later(intake: Any) -> None:
    later, earlier = "2026-03-05T00:00:00Z", "2026-03-02T00:00:00Z"
    lines = f"t1,1,{later},chargeback\nt2,1,{later},chargeback\n"
    intake.deliver(f"{LABELS}{lines}".encode(), feed="transaction_labels")
    intake.take()

    lines = f"t1,0,{earlier},chargeback\nt2,0,{earlier},analyst\n"
    intake.deliver(f"{LABELS}{lines}".encode(), "b.csv", feed="transaction_labels")
    (receipt,) = intake.take()

    assert (receipt.rows_rejected, receipt.rows_duplicate, receipt.rows_admitted) == (1, 0, 1)
    assert intake.rows(
        "select lines_in_file, header_lines, lines_rejected, lines_duplicate, lines_admitted "
        "from raw.deliveries where rows_rejected = 1"
    ) == [(3, 1, 1, 0, 1)]
    assert intake.rows(
        "select transaction_id, provenance, is_fraud from raw.transaction_labels "
        "order by transaction_id, version"
    ) == [("t1", "chargeback", True), ("t2", "chargeback", True), ("t2", "analyst", False)]
    ((reason, row_number, original),) = intake.rows(
        "select reason, row_number, original from raw.rejected_rows"
    )
    assert (reason, row_number) == ("outdated_statement", 1)
    assert '"is_fraud": false' in original


def test_a_rate_that_was_known_earlier_replaces_none_that_was_known_later(intake: Any) -> None:
    for name, rate, day in (("a", "1.5", "05"), ("b", "1.4", "02"), ("c", "1.6", "05")):
        content = f"{RATES}EUR,2026-03-01,{rate},2026-03-{day}T00:00:00Z\n"
        intake.deliver(content.encode(), f"{name}.csv", feed="fx_rates")
        intake.take()

    assert intake.rows(SAID["fx_rates"]) == [("1.5",), ("1.6",)]
    assert intake.rows("select reason from raw.rejected_rows") == [("outdated_statement",)]


def test_an_old_statement_that_stands_in_the_ledger_is_a_duplicate(intake: Any) -> None:
    for name, fraud, day in (("a", "1", "02"), ("b", "0", "05"), ("c", "1", "02")):
        content = f"{LABELS}t1,{fraud},2026-03-{day}T00:00:00Z,chargeback\n"
        intake.deliver(content.encode(), f"{name}.csv", feed="transaction_labels")
        receipts = intake.take()

    assert (receipts[0].rows_rejected, receipts[0].rows_duplicate) == (0, 1)
    assert intake.rows(SAID["transaction_labels"]) == [("true",), ("false",)]
