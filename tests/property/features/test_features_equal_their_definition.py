"""On random raw tables with every irregularity, the features equal their plain definition."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from features.build import build
from tests.builders import NOON, a_label, a_transaction, insert_labels, insert_transactions
from tests.property.features.oracle import HISTORY, ORACLE

MINUTES = 60 * 24 * 45
# dbt runs in each example
FEW: dict[str, Any] = {"deadline": None, "max_examples": 4, "database": None}


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """Draw one transaction of few entities and few instants, so that windows fill and rows tie."""
    base = draw(st.sampled_from([0, 60, 179, 180, 181, 1439, 1440, 1441, 4320, 20000, 43200]))
    jitter = draw(st.sampled_from([0, 0, 0, 1, 720, 2880, 12000]))
    return {
        "occurred_at": NOON - timedelta(minutes=min(base + jitter, MINUTES)),
        "customer_id": draw(st.sampled_from(["c1", "c2", "c3", "c4", "c5", "c6"])),
        "merchant_id": draw(st.sampled_from(["m1", "m2", "m3"])),
        "device_id": draw(st.sampled_from(["d1", "d2", "d3", None])),
        "ip_address": draw(st.sampled_from(["192.0.2.1", None])),
        "location_code": draw(st.sampled_from(["US-NY", "GB-LON", None])),
        "kind": draw(st.sampled_from(["purchase"] * 4 + ["check", "check", "refund", "reversal"])),
        "channel": draw(st.sampled_from(["web", "pos", None])),
        "card_bin": draw(st.sampled_from(["411111", "550000"])),
        "amount_minor": draw(st.sampled_from([100, 1000, 9000])),
        "amount_base_minor": draw(st.sampled_from([100, 1000, 9000, None])),
    }


@st.composite
def raw_histories(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """Draw deliveries in the order of their admission, with late rows and corrections."""
    drawn = draw(st.lists(rows(), min_size=60, max_size=120))
    cuts = draw(st.integers(2, 4))
    deliveries: list[list[dict[str, Any]]] = [[] for _ in range(cuts)]
    for number, row in enumerate(sorted(drawn, key=lambda row: row["occurred_at"])):
        late = draw(st.sampled_from([0, 0, 0, 1, 2]))
        place = min(number * cuts // len(drawn) + late, cuts - 1)
        deliveries[place].append(row | {"transaction_id": f"t{number}", "version": 1})
        if place + 1 < cuts and draw(st.integers(0, 9)) == 0:
            changed = draw(rows())
            deliveries[place + 1].append(changed | {"transaction_id": f"t{number}", "version": 2})
    return [delivery for delivery in deliveries if delivery]


def admitted(db: Any, delivery: Sequence[dict[str, Any]], floor: datetime, live: bool) -> datetime:
    """Admit one delivery: live rows share one known_at; each row of history has its own."""
    newest = max(floor, *(row["occurred_at"] for row in delivery)) + timedelta(microseconds=1)
    insert_transactions(
        db,
        [
            a_transaction(
                **row,
                is_history=not live,
                known_at=newest if live else row["occurred_at"] + timedelta(minutes=5),
            )
            for row in delivery
        ],
    )
    return newest


def assert_equal_to_definition(db: Any) -> None:
    """Compare every feature row with the plain definition."""
    with db.superuser() as connection:
        connection.execute(HISTORY)
        cursor = connection.execute(ORACLE.encode())
        names = [column.name for column in cursor.description or ()]
        expected = {row[:2]: dict(zip(names, row, strict=True)) for row in cursor}
        cursor = connection.execute(
            f"select transaction_id, version, {', '.join(names[2:])} from marts.feat_transactions"
        )
        for row in cursor:
            computed = dict(zip(names, row, strict=True))
            defined = expected.get(row[:2])
            for name in names[2:]:
                if defined is not None:
                    assert same(computed[name], defined[name]), (
                        row[:2],
                        name,
                        computed[name],
                        defined[name],
                    )


def same(value: Any, expected: Any) -> bool:
    """Return whether two values agree to the rounding of one division."""
    if value is None or expected is None or isinstance(value, bool):
        return value is expected
    return math.isclose(float(value), float(expected), rel_tol=1e-12, abs_tol=1e-12)


@settings(
    **FEW,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.large_base_example,
        HealthCheck.data_too_large,
    ],
)
@given(
    raw_history=raw_histories(),
    first_is_history=st.booleans(),
    build_after=st.integers(0, 2),
    labelled=st.lists(
        st.tuples(st.integers(0, 119), st.sampled_from([True, True, False])),
        min_size=10,
        max_size=40,
    ),
)
def test_features_equal_their_definition(
    fresh_built: Any,
    raw_history: list[list[dict[str, Any]]],
    first_is_history: bool,
    build_after: int,
    labelled: list[tuple[int, bool]],
) -> None:
    with fresh_built() as db:
        floor = NOON - timedelta(days=46)
        for number, delivery in enumerate(raw_history):
            floor = admitted(db, delivery, floor, live=not (first_is_history and number == 0))
            if number == len(raw_history) // 2 and labelled:
                labels = {f"t{of}": is_fraud for of, is_fraud in labelled}
                known = {row["transaction_id"]: row["occurred_at"] for row in delivery}
                insert_labels(
                    db,
                    [
                        a_label(name, max(floor, known.get(name, floor)), is_fraud=is_fraud)
                        for name, is_fraud in labels.items()
                    ],
                )
            if number == build_after:
                build("transaction_features", db.settings.warehouse, db.settings.work)
        build("transaction_features", db.settings.warehouse, db.settings.work)

        assert_equal_to_definition(db)
