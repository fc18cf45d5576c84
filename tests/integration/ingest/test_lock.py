"""The ingest lock: others wait for it, and whoever holds it and stands still gives way to them."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
import pytest

from features.ingest import admit_all, clock
from infra.postgres.warehouse import ROLE_SETTINGS


def test_admission_waits_for_the_ingest_lock(intake: Any) -> None:
    intake.deliver(intake.csv(intake.row()))
    ids = [receipt.delivery_id for receipt in intake.receive()]
    done = threading.Event()

    def work() -> None:
        admit_all(ids, intake.connection, intake.sources)
        done.set()

    with intake.db.connect("ingest") as other:
        clock.lock(other)
        thread = threading.Thread(target=work)
        thread.start()
        assert not done.wait(0.5)
        other.commit()
    thread.join(30)
    assert done.is_set()


def test_a_holder_that_stands_still_gives_way(intake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # half a second, as nobody wants to stand still for the real one
    monkeypatch.setattr(clock, "STANDSTILL", "500ms")
    frozen = intake.db.connect("ingest")
    clock.lock(frozen)
    started = time.monotonic()

    with intake.connection.transaction():
        clock.lock(intake.connection)

    assert time.monotonic() - started < 10
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        frozen.execute("select 1")


def test_a_holder_gives_way_before_anybody_who_waits_gives_up() -> None:
    standstill = int(clock.STANDSTILL.removesuffix("s"))
    patience = [
        int(ROLE_SETTINGS[role]["lock_timeout"].removesuffix("s")) for role in ("ingest", "score")
    ]

    assert standstill < min(patience)
