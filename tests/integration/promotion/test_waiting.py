"""A person is asked about a passed gate, once its shadow is long enough and until a decision."""

from __future__ import annotations

from typing import Any

import pytest

from scoring.promotion import decisions, waiting
from scoring.promotion.waiting import Waiting
from tests import promotions
from tests.integration.promotion.conftest import MODEL, House

BEN: dict[str, Any] = {"person": "ben", "reason": "fewer frauds"}


def found(house: House) -> Waiting | str:
    """Return the gate that waits, or why none does."""
    with house.connect() as connection:
        return waiting.find(connection, MODEL, house.settings)


def act(house: House, action: Any) -> None:
    """Decide about the challenger."""
    action(MODEL, house.challenger.version, settings=house.settings, **BEN)


def test_a_passed_gate_waits_for_a_person(house: House) -> None:
    assert found(house) == f"{MODEL} has no gate yet"

    house.gate()

    answer = found(house)
    assert isinstance(answer, Waiting)
    assert (answer.gate.challenger_version, answer.extended_at) == ("2", None)
    assert (answer.shadow.rows, answer.shadow.days) == (1_000, 7)


@pytest.mark.parametrize("verdict", ["not worse", "cannot tell", "worse"])
def test_another_verdict_asks_nobody(house: House, verdict: str) -> None:
    house.gate(verdict)

    assert f"has not passed: {MODEL} version 2 is {verdict}" in str(found(house))


def test_a_gate_waits_for_its_shadow(house: House) -> None:
    young = house.add(b"model 3", "ann")
    run = house.claim()
    with house.connect() as connection:
        promotions.record_shadow(connection, young, run.run_id, days=6, rows=900)
    house.gate(challenger=young)

    assert "lacks 1 of 7 days and 100 of 1,000 rows" in str(found(house))


def test_a_longer_shadow_leaves_the_gate_waiting(house: House) -> None:
    house.gate()

    act(house, decisions.extend)

    answer = found(house)
    assert isinstance(answer, Waiting)
    assert answer.extended_at is not None


@pytest.mark.parametrize(
    ("action", "done"), [(decisions.promote, "promoted"), (decisions.reject, "rejected")]
)
def test_a_decided_gate_waits_no_longer(house: House, action: Any, done: str) -> None:
    house.gate()

    act(house, action)

    assert f"version 2 waits no longer: ben {done} it" in str(found(house))


def test_a_replaced_challenger_waits_no_longer(house: House) -> None:
    house.gate()

    house.add(b"model 3", "cid")

    assert "was replaced since its gate: version 3 has the alias challenger" in str(found(house))
