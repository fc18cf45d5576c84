"""The alias is a wish: a run decides with a version that has a gate and a second person."""

from __future__ import annotations

from typing import Any

import pytest

from features.platform.errors import ModelUnavailableError
from features.platform.settings import Registry
from scoring.evidence import seal_chain
from scoring.promotion import decisions, validations
from scoring.promotion.guard import UNKNOWN_ACTOR
from tests import promotions
from tests.integration.promotion.conftest import MODEL, House
from tests.mlflow_server import free_port

BEN: dict[str, Any] = {"person": "ben", "reason": "the gate says better"}


def test_an_alias_that_moved_without_a_gate_is_refused_and_three_places_say_so(
    house: House,
) -> None:
    house.move("2")

    assert house.decides() == "1"
    assert house.decides() == "1"

    assert house.sightings() == [
        ("1", True, "first", UNKNOWN_ACTOR),
        ("2", False, "refused", UNKNOWN_ACTOR),
    ]
    tags = house.tags("2")
    assert tags["effective"] == "false"
    assert "it has no gate; no person other than its trainer" in tags["effective.reason"]
    assert house.db.rows(
        "select subject, detail ->> 'champion' from audit.events where event = 'champion_refused'"
    ) == [(MODEL, "1")]


def test_a_passed_and_validated_version_decides_when_its_alias_moves_in_the_ui(
    house: House,
) -> None:
    house.gate()
    house.move("2")
    assert house.decides() == "1"  # no second person yet

    validations.validate(MODEL, "2", is_valid=True, settings=house.settings, **BEN)

    assert house.decides() == "2"
    assert house.sightings()[-1] == ("2", True, "gate", UNKNOWN_ACTOR)
    assert house.tags("2")["effective"] == "true"


def test_an_alias_that_moves_in_the_ui_before_the_shadow_has_its_days_is_refused(
    house: House,
) -> None:
    third = house.add(b"model 3", "ann")
    house.gate(challenger=third)
    validations.validate(MODEL, third.version, is_valid=True, settings=house.settings, **BEN)
    house.move(third.version)

    assert house.decides() == "1"
    assert house.tags(third.version)["effective.reason"] == (
        "its shadow lacks 7 of 7 days and 1,000 of 1,000 rows"
    )


def test_a_moved_alias_and_back_between_two_claims_leaves_no_trace(house: House) -> None:
    house.move("2")
    house.move("1")

    assert house.decides() == "1"
    assert len(house.sightings()) == 1


def test_of_two_moves_between_two_claims_the_last_one_is_judged(house: House) -> None:
    house.gate()
    validations.validate(MODEL, "2", is_valid=True, settings=house.settings, **BEN)
    house.add(b"model 3", "ann", alias="")
    house.move("2")
    house.move("3")

    assert house.decides() == "1"
    assert house.sightings()[-1][:2] == ("3", False)


def test_a_registry_that_is_down_never_makes_a_refused_version_effective(
    house: House,
) -> None:
    house.move("2")
    assert house.decides() == "1"
    dead = Registry(tracking_uri=f"http://127.0.0.1:{free_port()}", timeout_seconds=1)
    there = house.settings
    house.settings = there.model_copy(update={"registry": dead})

    with pytest.raises(ModelUnavailableError, match="registry"):
        house.claim()
    house.settings = there
    assert house.decides() == "1"


def test_a_refused_version_does_not_stop_runs_even_if_its_file_is_evil(house: House) -> None:
    evil = house.add(b"evil", "ann", alias="champion")
    house.client.set_model_version_tag(MODEL, evil.version, "model_sha256", "f" * 64)

    assert house.decides() == "1"


def test_a_deleted_champion_stops_the_claim_with_the_way_out(house: House) -> None:
    house.gate()
    decisions.promote(MODEL, "2", settings=house.settings, **BEN)
    assert house.decides() == "2"
    house.client.delete_model_version(MODEL, "2")

    with pytest.raises(ModelUnavailableError, match="vesper models rollback"):
        house.claim()


def test_a_version_that_is_registered_anew_under_a_promoted_number_is_refused(
    house: House,
) -> None:
    house.client.delete_registered_model(MODEL)
    promotions.register(house.settings, b"another model 1", alias="champion")

    assert house.claim().models["fraud"]["sha256"] == house.champion.sha256
    assert house.sightings()[-1][:2] == ("1", False)


def test_every_record_is_sealed_and_a_forged_one_is_named(house: House) -> None:
    house.gate()
    decisions.promote(MODEL, "2", settings=house.settings, **BEN)
    validations.validate(MODEL, "2", is_valid=True, settings=house.settings, **BEN)
    house.decides()

    def faults() -> list[str]:
        with house.connect() as connection:
            return [fault for sealed in seal_chain.equations(connection) for fault in sealed.faults]

    assert faults() == []
    with house.db.superuser() as connection:
        connection.execute("update audit.champion_sightings set actor = 'ben' where version = '1'")
        connection.execute("update audit.model_decisions set person = 'cleo'")
        connection.execute("delete from audit.model_validations")
        connection.execute("update audit.model_gates set verdict = 'not worse'")
        connection.execute("update audit.challengers set trainer = 'cleo' where version = '2'")
    named = faults()
    assert sorted(fault.split(" was ")[0].split(" is ")[0] for fault in named) == [
        f"champion sighting {MODEL} 1",
        f"model decision {MODEL} 2",
        f"model gate {MODEL} 2",
        f"model validation {MODEL} 2",
        f"training {MODEL} 2",
    ]
