"""A bad file is held with its reason, and all other files are admitted."""

from __future__ import annotations

import errno
import re
import sys
import zlib
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from structlog.testing import capture_logs

from features.ingest import admit, admit_all, discard, hold, receive_all, spool
from features.ingest.limits import DEFAULT
from features.ingest.streams import StoreUnavailableError
from features.platform.errors import BadDeliveryError, ContractError
from features.platform.objects import FolderStore
from tests.integration.ingest.conftest import Intake

receiving: Any = sys.modules["features.ingest.take"]  # the package exports its function

QUOTED = "a value of a row"
RAISED = {
    "csv": ValueError(QUOTED),
    "an index": IndexError(QUOTED),
    "a lone surrogate": UnicodeEncodeError("utf-8", QUOTED, 0, 1, QUOTED),
    "deep nesting": RecursionError(QUOTED),
    "memory": MemoryError(QUOTED),
    "zlib": zlib.error(QUOTED),
    "pyarrow": pa.ArrowInvalid(QUOTED),
    "pyarrow's reading": OSError(QUOTED),
    "the copy to Postgres": psycopg.errors.NumericValueOutOfRange(QUOTED),
}


def _states(intake: Intake) -> dict[str, str]:
    return dict(
        intake.rows(
            "select regexp_replace(object_name, '.*/', ''), state from raw.deliveries "
            "where state <> 'discarded'"
        )
    )


@pytest.mark.parametrize("error", RAISED.values(), ids=RAISED.keys())
def test_any_error_of_a_reader_holds_only_its_file(
    intake: Intake, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    parse = receiving.parse

    def read(delivery_id: Any, info: Any, *arguments: Any) -> Any:
        if "bad" in info.name:
            raise error
        return parse(delivery_id, info, *arguments)

    monkeypatch.setattr(receiving, "parse", read)  # no known file breaks a reader in this way
    for name in ("a.csv", "bad.csv", "c.csv"):
        intake.deliver(intake.csv(intake.row(transaction_id=name)), name)

    with capture_logs() as logs:
        admitted = intake.take()

    assert [receipt.rows_admitted for receipt in admitted] == [1, 1]
    assert _states(intake) == {"a.csv": "admitted", "bad.csv": "held", "c.csv": "admitted"}
    ((reason,),) = intake.rows("select reason from raw.deliveries where state = 'held'")
    assert reason.startswith(f"reader_failed: {type(error).__name__}")
    (line,) = [line for line in logs if line["event"] == "delivery_held"]
    assert (line["feed"], line["object_name"]) == (
        "transactions",
        "'landing/synthetic/transactions/bad.csv'",
    )
    assert QUOTED not in f"{reason} {logs}"


def test_a_full_local_disk_fails_the_task(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spool, "NamedTemporaryFile", full)  # simulates a full disk
    intake.deliver(intake.csv(intake.row()))

    with pytest.raises(OSError, match="No space left"):
        intake.receive()
    assert _states(intake) == {}


class _Broken(FolderStore):
    """Fail to read some objects, or every request."""

    bad = ""
    is_down = False

    def list(self, prefix: str) -> Any:
        if self.is_down and prefix.endswith("bad.csv"):
            raise ConnectionError(QUOTED)
        return super().list(prefix)

    def open(self, name: str) -> Any:
        stream = super().open(name)
        return _BrokenStream(stream) if self.bad and self.bad in name else stream


class _BrokenStream:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if self._stream.read(min(size, 10)):
            raise ConnectionResetError(errno.ECONNRESET, QUOTED)
        return b""

    def close(self) -> None:
        self._stream.close()


@pytest.fixture
def broken(intake: Intake) -> Intake:
    """Return the intake over a store that breaks."""
    intake.store = _Broken(intake.file("landing").parent)
    return intake


def test_an_object_that_the_store_cannot_read_is_held_until_it_can(broken: Intake) -> None:
    broken.store.bad = "bad"
    for name in ("a.csv", "bad.csv", "c.csv"):
        broken.deliver(broken.csv(broken.row(transaction_id=name)), name)

    broken.take()
    broken.take()

    assert _states(broken) == {"a.csv": "admitted", "bad.csv": "held", "c.csv": "admitted"}
    ((reason,),) = broken.rows("select reason from raw.deliveries where state = 'held'")
    assert reason.startswith("store_failed: ConnectionResetError")
    assert QUOTED not in reason

    broken.store.bad = ""
    assert [receipt.rows_admitted for receipt in broken.take()] == [1]
    assert _states(broken) == dict.fromkeys(("a.csv", "bad.csv", "c.csv"), "admitted")
    assert broken.rows("select reason from raw.deliveries where state = 'discarded'") == [
        ("tried again: the object can be read now",)
    ]


def test_a_store_that_does_not_answer_fails_the_task(broken: Intake) -> None:
    broken.deliver(broken.csv(broken.row()), "bad.csv")
    broken.store.bad, broken.store.is_down = "bad", True

    with pytest.raises(StoreUnavailableError, match="nor listed"):
        broken.receive()
    assert _states(broken) == {}


# ------------------------------------------------------------- refused at admission


def test_refused_history_is_held_and_the_run_continues(intake: Intake) -> None:
    with intake.db.superuser() as connection:
        connection.execute("create table marts.feat_transactions as select 1 as version")
        connection.execute("grant select on marts.feat_transactions to ingest")
    intake.deliver(intake.csv(intake.row(transaction_id="old")), "history/a.csv")
    intake.deliver(intake.csv(intake.row()), "b.csv")

    assert [receipt.rows_admitted for receipt in intake.take()] == [1]
    assert _states(intake) == {"a.csv": "held", "b.csv": "admitted"}
    assert intake.take() == []


BROKEN = {
    "gone": ("drop table {}", "landed_rows_lost"),
    "emptied": ("truncate {}", "landed_rows_lost"),
    "of another release": ("alter table {} drop column channel", "landed_rows_lost"),
    "with a number that does not fit": (
        "alter table {0} alter amount_minor type numeric; update {0} set amount_minor = 1e30",
        "ledger_refused",
    ),
    "with a time that is none": (
        "alter table {0} alter occurred_at type text; update {0} set occurred_at = 'soon'",
        "ledger_refused",
    ),
    "with a null where none may be": ("update {} set merchant_id = null", "ledger_refused"),
}


@pytest.mark.parametrize(("change", "code"), BROKEN.values(), ids=BROKEN.keys())
def test_a_landed_table_that_cannot_be_admitted_is_held_and_the_run_continues(
    intake: Intake, change: str, code: str
) -> None:
    for name in ("a.csv", "b.csv"):
        intake.deliver(intake.csv(intake.row(transaction_id=name)), name)
    first, second = intake.receive()
    with intake.db.superuser() as connection:
        connection.execute(change.format(first.landed_table))

    admitted = admit_all([first.delivery_id, second.delivery_id], intake.connection, intake.sources)

    assert [receipt.delivery_id for receipt in admitted] == [second.delivery_id]
    ((reason,),) = intake.rows("select reason from raw.deliveries where state = 'held'")
    assert re.match(rf"{code}: ", reason)
    assert "1e30" not in reason
    assert "soon" not in reason


def test_a_file_with_lost_landed_rows_is_parsed_again(intake: Intake) -> None:
    intake.deliver(intake.csv(intake.row()))
    (receipt,) = intake.receive()
    with intake.db.superuser() as connection:
        connection.execute(f"truncate {receipt.landed_table}")
    with pytest.raises(ContractError):
        admit(receipt.delivery_id, intake.connection, intake.sources)

    assert [receipt.rows_admitted for receipt in intake.take()] == [1]


def test_a_delivery_of_a_feed_without_description_is_held(intake: Intake) -> None:
    intake.deliver(intake.csv(intake.row()))
    ids = [receipt.delivery_id for receipt in intake.receive()]
    described = intake.sources.model_copy(update={"feeds": {}})

    assert admit_all(ids, intake.connection, described) == []
    ((reason,),) = intake.rows("select reason from raw.deliveries")
    assert reason.startswith("not_described: ")


def test_an_error_that_is_not_of_the_file_fails_the_task(intake: Intake) -> None:
    intake.deliver(intake.csv(intake.row()))
    ids = [receipt.delivery_id for receipt in intake.receive()]
    with intake.db.superuser() as connection:
        connection.execute("revoke insert on raw.transactions from ingest")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        admit_all(ids, intake.connection, intake.sources)
    assert _states(intake) == {"a.csv": "parsed"}


def test_a_delivery_moved_by_another_run_is_left_to_that_run(intake: Intake) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        intake.deliver(intake.csv(intake.row(transaction_id=name)), name)
    ids = [receipt.delivery_id for receipt in intake.receive()]
    with intake.db.connect("ingest") as other_run:
        other_run.autocommit = True
        discard(ids[0], "not wanted", other_run)
        hold(ids[1], "looked at", other_run)

    admitted = admit_all(ids, intake.connection, intake.sources)

    assert [receipt.delivery_id for receipt in admitted] == [ids[2]]
    with pytest.raises(BadDeliveryError):
        admit(ids[1], intake.connection, intake.sources)


def test_two_concurrent_runs_hold_a_file_once(intake: Intake) -> None:
    intake.deliver(b"\xff\xfe", "a.csv")
    (info,) = intake.store.list("landing/synthetic/transactions/")
    feed = intake.sources.feeds["transactions"]
    with intake.db.connect("ingest") as other_run:
        for connection in (intake.connection, other_run):
            ranks = intake.sources.provenance_rank
            reading = receiving.Intake(feed, intake.store, connection, ranks, DEFAULT)
            receiving.take(info, reading)

    assert _states(intake) == {"a.csv": "held"}
    assert receive_all(intake.sources, intake.store, intake.connection) == []


def test_the_register_holds_the_notes_of_a_delivery(intake: Intake) -> None:
    intake.deliver(intake.csv(intake.row()).replace(b"channel", b"chanel", 1), "a.csv")
    intake.change(optional={*intake.sources.feeds["transactions"].optional, "channel"})

    intake.take()

    assert intake.rows("select notes from raw.deliveries") == [
        (["unknown columns, not read: 'chanel'"],)
    ]
