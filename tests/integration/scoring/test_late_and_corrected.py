"""Late and corrected rows are decided once, and again only with a reason."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.builders import NOON, a_transaction
from tests.integration.ingest.conftest import Intake, quick
from tests.integration.scoring.conftest import HOUR, Bench, a_correction, some_transactions

DAY = timedelta(days=1)


def test_the_next_run_decides_a_late_row(bench: Bench) -> None:
    bench.admit(some_transactions(2))
    bench.decide()
    bench.admit([a_transaction(transaction_id="late", known_at=NOON + 2 * HOUR)])

    run = bench.decide(NOON + HOUR)

    assert run.rows_claimed == 1
    assert ("late",) in bench.decisions("transaction_id")
    bench.assert_closes()


def test_a_correction_of_a_decided_row_waits_for_a_restatement(bench: Bench) -> None:
    bench.admit([a_transaction(transaction_id="t")])
    bench.decide()
    bench.admit([a_correction()])

    run = bench.decide(NOON + HOUR)

    assert run.rows_claimed == 0
    assert bench.versions()["correction"] == 1


def test_a_row_that_was_corrected_before_its_run_is_decided_as_corrected(bench: Bench) -> None:
    bench.admit([a_transaction(transaction_id="t")])
    bench.admit([a_correction()])

    bench.decide()

    assert bench.decisions("transaction_id, version") == [("t", 2)]
    assert bench.versions()["replaced"] == 1
    bench.assert_closes()


def test_a_correction_after_the_claim_waits_even_before_publication(
    bench: Bench,
) -> None:
    bench.admit([a_transaction(transaction_id="t", amount_minor=100)])
    run = bench.claim()
    bench.admit([a_correction(), a_transaction(transaction_id="late", known_at=NOON + HOUR)])
    bench.build()
    bench.score(run.run_id)
    bench.publish(run.run_id)

    assert bench.decisions("transaction_id, version") == [("t", 1)]
    assert bench.versions() == {"decided": 1, "correction": 1, "pending": 1}

    bench.decide(NOON + HOUR)

    assert bench.decisions("transaction_id, version") == [("late", 1), ("t", 1)]
    bench.assert_closes()


@pytest.fixture
def intake(bench: Bench) -> Iterator[Intake]:
    """Return the landing folder of the bench's warehouse."""
    new_intake = Intake(
        bench.db, bench.store, quick("synthetic", decide_from="2026-01-01T00:00:00Z")
    )
    yield new_intake
    new_intake.connection.close()


def test_overlapping_extracts_are_decided_once(bench: Bench, intake: Intake) -> None:
    """Take three daily extracts of 26 hours, shuffled, through the real ingest.

    The second corrects one row of the overlap and adds one that the first had missed.
    """
    start = NOON - 12 * HOUR
    rows = [
        intake.row(transaction_id=f"t{n:02}", timestamp=(start + n * HOUR).isoformat())
        for n in range(-2, 72)
    ]
    missed, wrong = rows[24], rows[25]  # 22:00 and 23:00 of the first day
    days = [
        [row for row in rows[:26] if row is not missed],
        [{**row, "amount": "99.00"} if row is wrong else row for row in rows[24:50]],
        [{**row, "amount": "99.00"} if row is wrong else row for row in rows[48:74]],
    ]
    receipts, decided = [], []
    for number, extract in enumerate(days):
        shuffled = random.Random(number).sample(extract, len(extract))  # noqa: S311 - no secret
        intake.deliver(intake.csv(*shuffled), f"{number}.csv")
        (receipt,) = intake.take()
        receipts.append((receipt.rows_duplicate, receipt.rows_admitted))
        run = bench.decide(start + number * DAY, length=DAY)
        decided.append(run.rows_claimed)
        bench.assert_closes()

    # rows before the first window wait for a run of their own; the late row came one day later
    assert receipts == [(0, 25), (0, 26), (2, 24)]
    assert decided == [23, 25, 24]
    assert bench.versions() == {"decided": 72, "correction": 1, "pending": 2}
    assert bench.db.rows(
        "select count(*), count(distinct transaction_id), max(revision), "
        "count(*) filter (where transaction_id = 't23' and version = 1) "
        "from decisions.transaction_decisions"
    ) == [(72, 72, 0, 1)]
