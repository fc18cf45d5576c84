"""The raw tables equal a plain reading of all statements, for every split into files."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.ingest.conftest import Intake

_FEEDS = ("transactions", "transaction_labels", "fx_rates")
_seconds, _days = count(), count()


@dataclass(frozen=True)
class Statement:
    """One file with one value of one key."""

    value: int
    declared: int | None
    is_last_of_run: bool


STATEMENTS = st.lists(
    st.builds(
        Statement,
        value=st.integers(0, 1),
        declared=st.none() | st.integers(1, 3),
        is_last_of_run=st.booleans(),
    ),
    min_size=2,
    max_size=7,
)


def versions_of(feed: str, statements: list[Statement]) -> list[int]:
    """Return the values of the expected versions, in their order."""
    versions: list[tuple[int, int | None]] = []
    for statement in statements:
        declared = None if feed == "transactions" else statement.declared
        known = [time for _, time in versions if time is not None]
        if declared is not None and known and declared < max(known):
            continue
        last = versions[-1] if versions else None
        declares_no_time = feed == "fx_rates" and declared is None
        if last and last[0] == statement.value and (declares_no_time or last[1] == declared):
            continue
        versions.append((statement.value, declared))
    return [value for value, _ in versions]


def _file(intake: Intake, feed: str, key: str, statement: Statement) -> bytes:
    known = f"2026-03-0{statement.declared}T00:00:00Z" if statement.declared else ""
    if feed == "transactions":
        return intake.csv(intake.row(transaction_id=key, amount=f"{statement.value + 1}.00"))
    if feed == "transaction_labels":
        header = "transaction_id,is_fraud,known_at,provenance"
        return f"{header}\n{key},{statement.value},{known},chargeback\n".encode()
    return f"currency,rate_date,rate,known_at\nEUR,{key},{statement.value + 1},{known}\n".encode()


_QUERIES = {
    "transactions": "select amount_minor / 100 - 1 from raw.transactions "
    "where transaction_id = %s order by version",
    "transaction_labels": "select is_fraud::integer from raw.transaction_labels "
    "where transaction_id = %s order by version",
    "fx_rates": "select rate::integer - 1 from raw.fx_rates "
    "where rate_date = %s::date order by version",
}


@pytest.mark.parametrize("feed", _FEEDS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(statements=STATEMENTS)
def test_the_statement_declared_or_arrived_last_is_valid(
    shared_intake: Intake, feed: str, statements: list[Statement]
) -> None:
    # each example has a key of its own
    key = (date(2000, 1, 1) + timedelta(days=next(_days))).isoformat()
    folder = uuid.uuid4().hex
    for number, statement in enumerate(statements):
        # names are in reverse order of arrival
        name = f"{folder}/{99 - number}.csv"
        path = shared_intake.deliver(_file(shared_intake, feed, key, statement), name, feed)
        shared_intake.date(path, 1_700_000_000 + next(_seconds))
        if statement.is_last_of_run:
            shared_intake.take()
    shared_intake.take()

    values = [value for (value,) in shared_intake.rows(_QUERIES[feed], key)]
    assert values == versions_of(feed, statements)
