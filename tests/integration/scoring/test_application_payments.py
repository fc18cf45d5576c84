"""The applicant's card transactions enter the decision as they were known at the claim."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.builders import NOON, a_label, a_transaction, an_application, insert_labels
from tests.integration.scoring.conftest import HOUR, Bench
from tests.integration.scoring.lender import DAY, Lender


def test_the_applicants_transactions_are_read_at_the_cut_off_and_stored(
    lender: Lender, bench: Bench
) -> None:
    paid = NOON - DAY
    bench.admit(
        [
            a_transaction(
                transaction_id=f"{customer}{n}", customer_id=customer, occurred_at=paid + n * HOUR
            )
            for customer in ("x", "y", "z")
            for n in range(2)
        ]
        + [
            a_transaction(
                transaction_id="x-large", customer_id="x", occurred_at=paid, amount_minor=5_000_000
            )
        ]
    )
    for hour in range(2):
        bench.decide(paid + hour * HOUR)
    now = datetime.now(UTC)
    insert_labels(bench.db, [a_label("z1", now), a_label("x-large", now, is_fraud=False)])
    lender.admit(
        [
            an_application(application_id=customer, customer_id=customer, known_at=now)
            for customer in ("w", "x", "y", "z")
        ]
    )
    run = lender.claim()
    # facts that become known after the cut-off do not exist for the run
    insert_labels(bench.db, [a_label("y0", now + HOUR)])
    lender.build()
    lender.score(run.run_id)
    lender.publish(run.run_id)
    kept = {row[0]: row[1:] for row in lender.decided(
        "application_id, fraud_state, fraud_decision_count, fraud_confirmed_count, "
        "fraud_decline_count, fraud_decision_ids"
    )}  # fmt: skip

    assert kept["w"] == ("no_history", 0, 0, 0, [])
    assert kept["y"][:3] == ("clear", 2, 0)
    assert kept["z"][:3] == ("confirmed", 2, 1)
    assert "transactions/z1/0" in kept["z"][4]
    # a label marks the large transaction as genuine and so cancels its decline
    assert kept["x"][:4] == ("clear", 3, 0, 0)
    assert "transactions/x-large/0" in kept["x"][4]
    assert lender.replayed().holds


def test_transactions_decided_since_the_newest_delivery_count(lender: Lender, bench: Bench) -> None:
    bench.admit([a_transaction(transaction_id="t", customer_id="x", occurred_at=NOON - HOUR)])
    lender.admit([an_application(application_id="x", customer_id="x")])
    bench.decide(NOON - HOUR)
    lender.decide()

    assert lender.decided("fraud_state, fraud_decision_ids") == [("clear", ["transactions/t/0"])]
