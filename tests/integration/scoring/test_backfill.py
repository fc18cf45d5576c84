"""A backfill of hours makes the same decisions as the hourly runs, bit for bit."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from infra.local.postgres import Cluster
from scoring.domains import SCORE_TRANSACTIONS
from scoring.runs import lifecycle
from scoring.runs.request import Request
from tests.builders import NOON, a_transaction
from tests.integration.scoring.conftest import HOUR, Bench
from tests.integration.scoring.copies import a_copy

HOURS = 4
# columns that identify the run and the time of a decision, not the decision
WHO_AND_WHEN = {"run_id", "decided_at", "processing_time_ms"}


@pytest.fixture
def twin(
    cluster: Cluster, bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Bench]]:
    """Clone the current warehouse and store of the bench."""
    with ExitStack() as stack:

        def clone() -> Bench:
            folder = tmp_path_factory.mktemp("twin")
            return stack.enter_context(a_copy(cluster, bench, folder))

        yield clone


def deliveries() -> list[list[dict[str, Any]]]:
    """Draw four hours of traffic with one delivery after each; some rows come an hour late."""
    draw = random.Random(11)  # noqa: S311 - no secret
    rows: list[list[dict[str, Any]]] = [[] for _ in range(HOURS + 1)]
    for number in range(160):
        occurred_at = NOON + timedelta(seconds=draw.uniform(0, HOURS * 3600))
        hour = int((occurred_at - NOON) / HOUR)
        delivery = hour + (draw.random() < 0.15)
        rows[delivery].append(
            a_transaction(
                transaction_id=f"t{number:03}",
                occurred_at=occurred_at,
                known_at=NOON + (delivery + 1) * HOUR,
                customer_id=f"c{draw.randrange(9)}",
                merchant_id=f"m{draw.randrange(5)}",
                device_id=f"d{draw.randrange(6)}",
                amount_minor=draw.choice([100, 900, 2_500, 9_000, 20_000]),
            )
            | ({"currency_code": "CHF", "amount_base_minor": None} if number % 20 == 0 else {})
        )
    return rows


def decided(bench: Bench) -> dict[str, dict[str, Any]]:
    """Return every decision of the ledger by id; numbers by their bits."""
    names = [
        name
        for (name,) in bench.db.rows(
            "select column_name from information_schema.columns "
            "where table_schema = 'decisions' and table_name = 'transaction_decisions'"
        )
        if name not in WHO_AND_WHEN
    ]
    decisions = {}
    for row in bench.decisions(", ".join(names)):
        bits = [value.hex() if isinstance(value, float) else value for value in row]
        decision = dict(zip(names, bits, strict=True))
        assert decision["transaction_id"] not in decisions
        decisions[decision["transaction_id"]] = decision
    return decisions


def test_a_backfill_of_hours_equals_the_hourly_runs(
    bench: Bench, twin: Callable[[], Bench]
) -> None:
    hourly, by_hour, at_once = bench, twin(), twin()
    rows = deliveries()
    # the schedule: a delivery arrives, its hour is decided, and so on
    for hour, delivery in enumerate(rows):
        hourly.admit(delivery)
        hourly.decide(NOON + hour * HOUR)
    # the backfills: all deliveries arrive, then the same hours are decided backwards and in one run
    for delivery in rows:
        by_hour.admit(delivery)
        at_once.admit(delivery)
    for hour in reversed(range(HOURS)):
        by_hour.decide(NOON + hour * HOUR, kind="backfill")
    with at_once.connect() as connection:
        request = Request(NOON, NOON + HOURS * HOUR, "backfill", "ann")
        run = lifecycle.claim(connection, SCORE_TRANSACTIONS, request, at_once.pins)
    at_once.build()
    at_once.score(run.run_id)
    at_once.publish(run.run_id)

    expected = decided(hourly)

    assert len(expected) == 160
    assert {row["decision"] for row in expected.values()} == {"approve", "review", "decline"}
    assert len({bytes(row["feature_sha256"]) for row in expected.values()}) == 160
    assert decided(by_hour) == expected
    assert decided(at_once) == expected
