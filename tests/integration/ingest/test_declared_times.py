"""Where sources declare `known_at`, the statement with the latest time is valid."""

from __future__ import annotations

from tests.integration.ingest.conftest import Intake
from tests.integration.ingest.statements import LABELS, RATES, VERSIONS


def test_a_label_known_earlier_does_not_replace_a_label_known_later(intake: Intake) -> None:
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


def test_a_rate_known_earlier_does_not_replace_a_rate_known_later(intake: Intake) -> None:
    for name, rate, day in (("a", "1.5", "05"), ("b", "1.4", "02"), ("c", "1.6", "05")):
        content = f"{RATES}EUR,2026-03-01,{rate},2026-03-{day}T00:00:00Z\n"
        intake.deliver(content.encode(), f"{name}.csv", feed="fx_rates")
        intake.take()

    assert intake.rows(VERSIONS["fx_rates"]) == [("1.5",), ("1.6",)]
    assert intake.rows("select reason from raw.rejected_rows") == [("outdated_statement",)]


def test_a_repeated_old_statement_is_a_duplicate(intake: Intake) -> None:
    for name, fraud, day in (("a", "1", "02"), ("b", "0", "05"), ("c", "1", "02")):
        content = f"{LABELS}t1,{fraud},2026-03-{day}T00:00:00Z,chargeback\n"
        intake.deliver(content.encode(), f"{name}.csv", feed="transaction_labels")
        receipts = intake.take()

    assert (receipts[0].rows_rejected, receipts[0].rows_duplicate) == (0, 1)
    assert intake.rows(VERSIONS["transaction_labels"]) == [("true",), ("false",)]
