"""A held file is parsed again without a new arrival, and its first delivery keeps its trace."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest

from features.ingest import DeliveryReceipt, admit, deliveries, hold, release
from features.ingest import retries as retrying
from features.ingest.receive import retry
from features.platform.errors import BadDeliveryError
from scoring.domains import JOBS
from scoring.evidence import closure

SEMICOLONS = {"csv": {"delimiter": ";"}}


def spelled_otherwise(intake: Any, *rows: dict[str, str]) -> bytes:
    """Return a file that only another description can read."""
    content: bytes = intake.csv(*rows).replace(b",", b";")
    return content


def held(intake: Any) -> DeliveryReceipt:
    """Deliver a file that is held under the present description."""
    intake.deliver(spelled_otherwise(intake, intake.row(), intake.row(transaction_id="t2")))
    receipt: DeliveryReceipt
    (receipt,) = intake.receive()
    assert receipt.state == "held"
    return receipt


def try_again(intake: Any, receipt: DeliveryReceipt) -> DeliveryReceipt:
    return retry(receipt, intake.sources.feeds[receipt.feed], intake.store, intake.connection)


def of_id(intake: Any, delivery_id: UUID) -> DeliveryReceipt:
    with intake.connection.transaction():
        return deliveries.get(intake.connection, delivery_id)


def states(intake: Any) -> list[tuple[str, bool]]:
    rows = intake.rows(
        "select state, retry_of is not null from raw.deliveries order by received_at"
    )
    return list(rows)


def open_equations(intake: Any) -> list[str]:
    with intake.db.connect("score") as connection:
        equations = closure.equations(connection, JOBS["score_transactions"])
        return [equation.subject for equation in equations if not equation.holds]


def test_a_held_file_is_taken_by_the_next_ingest_when_its_description_changed(intake: Any) -> None:
    first = held(intake)

    assert intake.receive() == []
    intake.change(**SEMICOLONS)
    (second,) = intake.receive()
    admit(second.delivery_id, intake.connection, intake.sources)

    assert (second.state, second.rows_landed) == ("parsed", 2)
    assert states(intake) == [("discarded", False), ("admitted", True)]
    assert of_id(intake, first.delivery_id).reason == (
        f"taken again as {second.delivery_id}; held before: {first.reason}"
    )
    assert intake.receive() == []
    assert open_equations(intake) == []


def test_each_parse_of_a_held_file_has_its_own_seals(intake: Any) -> None:
    first = held(intake)
    intake.change(**SEMICOLONS)
    (second,) = intake.receive()

    sealed = intake.rows(
        "select subject, array_agg(content ->> 'state' order by seal_seq) from audit.seals "
        "where kind = 'delivery' group by subject"
    )

    assert dict(sealed) == {
        first.delivery_id: ["held", "discarded"],
        second.delivery_id: ["parsed"],
    }


def test_a_file_that_is_still_bad_is_held_again_once_for_each_description(intake: Any) -> None:
    first = held(intake)
    intake.change(csv={"delimiter": "|"})

    (second,) = intake.receive()

    assert second.state == "held"
    assert second.delivery_id != first.delivery_id
    assert intake.receive() == []
    assert states(intake) == [("discarded", False), ("held", True)]


def test_the_rejected_rows_of_both_parses_are_kept(intake: Any) -> None:
    intake.change(tolerated_bad_share=0.05)
    intake.deliver(intake.csv(intake.row(), intake.row(transaction_id="t2", amount="0")))
    (first,) = intake.receive()
    intake.change(tolerated_bad_share=0.6)

    (second,) = intake.receive()

    rejected = intake.rows("select delivery_id, row_number from raw.rejected_rows")
    assert set(rejected) == {(first.delivery_id, 2), (second.delivery_id, 2)}
    assert intake.rows("select count(*) from pg_tables where schemaname = 'landed'") == [(1,)]


def test_a_retry_by_hand_needs_no_other_description(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))
    (parsed,) = intake.receive()
    hold(parsed.delivery_id, "the gate said no", intake.connection)

    again = try_again(intake, of_id(intake, parsed.delivery_id))

    assert (again.state, again.rows_landed) == ("parsed", 1)


def test_a_retried_file_keeps_its_place_before_files_that_arrived_since(intake: Any) -> None:
    path = intake.deliver(spelled_otherwise(intake, intake.row(amount="10.00")))
    intake.date(path, 1_760_000_000)
    intake.receive()
    newer = intake.deliver(intake.csv(intake.row(amount="20.00")), "b.csv")
    intake.date(newer, 1_760_000_100)
    intake.take()

    intake.change(**SEMICOLONS)
    receipts = intake.take()

    assert [receipt.rows_admitted for receipt in receipts] == [0]
    assert intake.rows("select amount_minor from raw.transactions") == [(2000,)]
    assert intake.rows("select distinct reason from raw.rejected_rows") == [("outdated_statement",)]


def test_a_retry_of_a_file_that_vanished_is_refused_and_ingest_goes_on(intake: Any) -> None:
    receipt = held(intake)
    intake.store.delete(receipt.object_name)
    intake.deliver(spelled_otherwise(intake, intake.row(transaction_id="t3")), "b.csv")
    intake.change(**SEMICOLONS)

    with pytest.raises(BadDeliveryError, match="is gone: deliver the file again"):
        try_again(intake, receipt)
    taken = intake.receive()

    assert [item.object_name.rpartition("/")[2] for item in taken] == ["b.csv"]
    assert of_id(intake, receipt.delivery_id).state == "held"


def test_a_retry_while_the_store_cannot_read_the_file_changes_nothing(
    intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = held(intake)

    def breaks(_name: str) -> None:
        raise ConnectionResetError("reset by peer")

    # a folder cannot refuse its owner a file; a network store can
    monkeypatch.setattr(intake.store, "open", breaks)
    with pytest.raises(BadDeliveryError, match="stays as it is"):
        try_again(intake, receipt)

    assert states(intake) == [("held", False)]


def test_a_retry_of_a_file_with_other_bytes_is_refused(intake: Any) -> None:
    receipt = held(intake)
    intake.deliver(intake.csv(intake.row(transaction_id="t9")))

    with pytest.raises(BadDeliveryError, match="has other bytes than delivery"):
        try_again(intake, receipt)

    assert of_id(intake, receipt.delivery_id).state == "held"


def test_only_a_held_delivery_is_retried(intake: Any) -> None:
    receipt = held(intake)
    intake.change(**SEMICOLONS)
    (parsed,) = intake.receive()

    with pytest.raises(BadDeliveryError, match="is parsed, not held; it waits for its gate"):
        try_again(intake, of_id(intake, parsed.delivery_id))
    admit(parsed.delivery_id, intake.connection, intake.sources)
    with pytest.raises(BadDeliveryError, match="a correction comes as a new file"):
        try_again(intake, of_id(intake, parsed.delivery_id))
    with pytest.raises(BadDeliveryError, match=f"was taken again as {parsed.delivery_id}"):
        try_again(intake, of_id(intake, receipt.delivery_id))


def test_a_file_whose_name_was_never_opened_is_not_retried(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()), "4111111111111111.csv")
    (receipt,) = intake.receive()
    intake.change(tolerated_bad_share=0.5)

    assert intake.receive() == []
    with pytest.raises(BadDeliveryError, match="under another name"):
        try_again(intake, receipt)


def test_a_file_that_belongs_to_its_feed_no_longer_stays_held(intake: Any) -> None:
    receipt = held(intake)
    intake.change(files=("b*.csv",), **SEMICOLONS)

    assert intake.receive() == []
    with pytest.raises(BadDeliveryError, match="is no file of transactions any more"):
        try_again(intake, receipt)


def test_a_retry_that_breaks_off_leaves_the_delivery_held(
    intake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = held(intake)
    intake.change(**SEMICOLONS)

    def breaks(_connection: object, _held: object, _new: object) -> None:
        raise OSError(28, "No space left on device")

    # the last statement of the transaction: a full disk at that moment cannot be arranged
    monkeypatch.setattr(retrying, "_keep_repeats", breaks)
    with pytest.raises(OSError, match="No space left"):
        try_again(intake, receipt)
    monkeypatch.undo()

    assert states(intake) == [("held", False)]
    assert intake.rows("select count(*) from pg_tables where schemaname = 'landed'") == [(0,)]
    assert try_again(intake, receipt).state == "parsed"


def test_two_retries_at_once_take_the_file_once(intake: Any) -> None:
    receipt = held(intake)
    intake.change(**SEMICOLONS)
    feed, refused = intake.sources.feeds["transactions"], []

    def attempt() -> None:
        with intake.db.connect("ingest") as connection:
            connection.commit()
            try:
                retry(receipt, feed, intake.store, connection)
            except BadDeliveryError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(refused) == 1
    assert "was taken again as" in refused[0]
    assert states(intake) == [("discarded", False), ("parsed", True)]


def test_a_release_and_a_retry_at_once_move_the_delivery_once(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))
    (parsed,) = intake.receive()
    hold(parsed.delivery_id, "the gate said no", intake.connection)
    before = of_id(intake, parsed.delivery_id)
    release(parsed.delivery_id, "looked at it", intake.connection)

    with pytest.raises(BadDeliveryError, match="is parsed, not held"):
        try_again(intake, before)

    assert states(intake) == [("parsed", False)]
