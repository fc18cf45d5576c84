"""A person puts a version in force, with a gate and a second person behind it, or an override."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from features.platform.errors import ConfigurationError, ModelUnavailableError, ScoringError
from features.platform.settings import Settings
from scoring.promotion import cases, decisions, validations
from scoring.promotion.cases import Receipt
from scoring.promotion.refusals import PromotionRefusedError, PromotionVoidError
from scoring.promotion.rollback import rollback
from tests import promotions
from tests.integration.promotion.conftest import MODEL, House

BEN: dict[str, Any] = {"person": "ben", "reason": "the gate says better"}
DAY = timedelta(days=1)


def promote(house: House, number: str = "2", **changes: Any) -> Receipt:
    return decisions.promote(MODEL, number, settings=house.settings, **BEN | changes)


def override(house: House, number: str = "2", **changes: Any) -> Receipt:
    values = BEN | {"expires_at": datetime.now(UTC) + DAY} | changes
    return decisions.override(MODEL, number, settings=house.settings, **values)


def test_a_promotion_moves_the_alias_and_the_next_run_names_its_person(house: House) -> None:
    house.gate()

    receipt = promote(house, verdict_sha256="d" * 64)

    assert (house.alias(), house.alias("challenger")) == ("2", None)
    assert house.decides() == "2"
    assert house.sightings()[-1] == ("2", True, "gate", "ben")
    assert receipt.as_dict()["replaces_version"] == "1"
    assert house.db.rows(
        "select action, version, replaces_version, person, source, gate_id is not null "
        "from audit.model_decisions"
    ) == [("promote", "2", "1", "ben", "command", True)]


def test_a_version_without_gate_or_second_person_is_not_promoted(house: House) -> None:
    def refused(reason: str, **stated: Any) -> None:
        with pytest.raises(PromotionRefusedError, match=reason):
            promote(house, **stated)

    refused("it has no gate")
    house.gate("cannot tell")
    refused("is 'cannot tell'")
    house.gate()
    refused("'ANN' trained it", person="ANN")
    validations.validate(
        MODEL, "2", person="eve", reason="leaks", is_valid=False, settings=house.settings
    )
    refused("eve found it invalid: leaks")

    assert house.alias() == "1"
    assert house.db.rows("select from audit.model_decisions") == []


@pytest.mark.parametrize(
    ("person", "reason"), [(" ", "r"), ("ben", "\u200b"), ("ben", "card 4111 1111 1111 1111")]
)
def test_a_decision_without_person_or_reason_is_refused(person: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=r"(person|reason) of the decision"):
        decisions.promote(MODEL, "2", person=person, reason=reason, settings=Settings(test=True))


def test_an_approval_of_a_replaced_challenger_is_void(house: House) -> None:
    house.gate()
    house.add(b"model 3", "ann")

    with pytest.raises(PromotionVoidError, match="the challenger is version 3 now"):
        promote(house, verdict_sha256="d" * 64)


def test_an_approval_of_an_older_verdict_is_void(house: House) -> None:
    house.gate()
    house.gate(verdict_sha256="f" * 64)

    with pytest.raises(PromotionVoidError, match="another verdict"):
        promote(house, verdict_sha256="d" * 64)


def test_an_approval_is_void_once_another_champion_decides(house: House) -> None:
    house.gate()
    third = house.add(b"model 3", "ann", alias="")
    override(house, third.version)

    with pytest.raises(PromotionVoidError, match="compared it with version 1, and version 3"):
        promote(house)


def test_a_version_that_the_registry_does_not_have_is_refused(house: House) -> None:
    for number in ("9", "0", "1; drop table", "../1", "", "9" * 400):
        with pytest.raises(PromotionVoidError, match="has no version"):
            promote(house, number)


def test_a_version_deleted_after_its_gate_is_not_promoted(house: House) -> None:
    house.gate()
    house.client.delete_model_version(MODEL, "2")

    with pytest.raises(PromotionVoidError, match="has it no longer"):
        promote(house)
    assert house.decides() == "1"


def test_a_version_whose_file_was_altered_is_not_promoted(house: House) -> None:
    house.gate()
    forged = promotions.register(house.settings, b"evil")
    house.client.set_model_version_tag(MODEL, forged.version, "model_sha256", "f" * 64)

    with pytest.raises(ModelUnavailableError, match="altered"):
        override(house, forged.version)
    assert house.alias() == "1"


def test_of_two_approvals_at_once_one_wins_and_the_other_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.gate()
    both_have_read = threading.Barrier(2)
    require_file = cases.require_file

    def meet(*arguments: Any) -> None:
        require_file(*arguments)
        both_have_read.wait(timeout=30)

    # both persons have read the same state before either decides: the real check, then a meeting
    monkeypatch.setattr("scoring.promotion.cases.require_file", meet)
    outcomes: dict[str, object] = {}

    def approve(person: str) -> None:
        try:
            outcomes[person] = promote(house, person=person)
        except ScoringError as error:
            outcomes[person] = error

    persons = [threading.Thread(target=partial(approve, name)) for name in ("ben", "cleo")]
    for person in persons:
        person.start()
    for person in persons:
        person.join()

    kinds = sorted(type(outcome).__name__ for outcome in outcomes.values())
    assert kinds == ["PromotionVoidError", "Receipt"]
    assert house.db.rows("select count(*) from audit.model_decisions") == [(1,)]
    assert house.decides() == "2"


def test_a_decision_whose_alias_cannot_be_moved_is_not_recorded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.gate()

    def fail(*_: Any) -> None:
        raise ModelUnavailableError("the registry went away")

    with monkeypatch.context() as patch:
        patch.setattr("scoring.models.registry.set_alias", fail)
        with pytest.raises(ModelUnavailableError):
            promote(house)
    assert house.db.rows("select from audit.model_decisions") == []
    promote(house)
    assert house.decides() == "2"


def test_a_promotion_that_dies_after_the_alias_moved_is_refused_and_can_be_repeated(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.gate()
    move = cases.move

    def move_and_die(*arguments: Any) -> None:
        move(*arguments)
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("scoring.promotion.cases.move", move_and_die)
        with pytest.raises(SystemExit):
            promote(house)

    assert (house.alias(), house.decides()) == ("2", "1")
    promote(house)
    assert house.decides() == "2"


def test_a_claim_during_a_promotion_waits_a_moment_and_raises_no_alarm(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.gate()
    is_moved = threading.Event()
    move = cases.move

    def move_slowly(*arguments: Any) -> None:
        move(*arguments)
        is_moved.set()
        time.sleep(0.3)

    monkeypatch.setattr("scoring.promotion.cases.move", move_slowly)
    promotion = threading.Thread(target=partial(promote, house))
    promotion.start()
    assert is_moved.wait(timeout=30)

    assert house.decides() == "2"
    promotion.join()
    assert [is_effective for _, is_effective, *_ in house.sightings()] == [True, True]


def test_a_shadow_that_is_too_short_or_too_old_promotes_nothing(house: House) -> None:
    house.gate()
    third = house.add(b"model 3", "ann")
    house.gate(challenger=third)

    with pytest.raises(PromotionRefusedError, match="shadow lacks 7 of 7 days and 1,000 of 1,000"):
        promote(house, third.version)
    with house.db.superuser() as connection:
        connection.execute("update decisions.shadow_runs set claimed_at = now() - interval '60 d'")
    house.move("2", "challenger")
    with pytest.raises(PromotionRefusedError, match=r"its shadow expired on .* after 60 days"):
        promote(house)


def test_an_override_decides_until_it_expires(house: House) -> None:
    override(house)
    assert house.decides() == "2"
    assert house.sightings()[-1][2:] == ("override", "ben")

    with house.db.superuser() as connection:
        connection.execute(
            "update audit.model_decisions set decided_at = decided_at - interval '2 days', "
            "expires_at = expires_at - interval '2 days'"
        )

    assert house.decides() == "1"
    assert "its override expired" in house.tags("2")["effective.reason"]


def test_an_override_has_a_second_person_and_an_end(house: House) -> None:
    now = datetime.now(UTC)

    for stated, reason in (
        ({"person": "Ann"}, "'Ann' trained it"),
        ({"expires_at": now - DAY}, "ends within 90 days"),
        ({"expires_at": now + 91 * DAY}, "ends within 90 days"),
    ):
        with pytest.raises(PromotionRefusedError, match=reason):
            override(house, **stated)


def test_a_rejected_challenger_never_decides(house: House) -> None:
    house.gate()
    validations.validate(MODEL, "2", is_valid=True, settings=house.settings, **BEN)

    decisions.reject(MODEL, "2", person="eve", reason="unstable", settings=house.settings)

    assert house.alias("challenger") is None
    house.move("2")
    assert house.decides() == "1"
    with pytest.raises(PromotionRefusedError, match="eve rejected it: unstable"):
        promote(house)


def test_the_champion_is_rolled_back_and_not_rejected(house: House) -> None:
    with pytest.raises(PromotionRefusedError, match="rollback"):
        decisions.reject(MODEL, "1", settings=house.settings, **BEN)


def test_a_longer_shadow_is_recorded_and_moves_nothing(house: House) -> None:
    decisions.extend(MODEL, "2", settings=house.settings, **BEN)

    assert (house.alias(), house.alias("challenger")) == ("1", "2")
    assert house.db.rows("select action from audit.model_decisions") == [("extend",)]


def test_a_rollback_is_one_act_and_so_is_the_way_forward_again(house: House) -> None:
    house.gate()
    promote(house)
    assert house.decides() == "2"

    receipt = rollback(MODEL, settings=house.settings, person="ann", reason="too many reviews")

    assert (receipt.row.version, receipt.row.replaces_version) == ("1", "2")
    assert house.decides() == "1"
    assert house.sightings()[-1] == ("1", True, "former", "ann")
    rollback(MODEL, "2", settings=house.settings, **BEN)
    assert house.decides() == "2"


def test_a_rollback_gives_the_alias_back_to_the_champion_in_force(house: House) -> None:
    house.move("2")
    assert house.decides() == "1"

    rollback(MODEL, settings=house.settings, **BEN)

    assert house.alias() == "1"


def test_a_rollback_restores_an_alias_that_was_deleted(house: House) -> None:
    house.client.delete_registered_model_alias(MODEL, "champion")

    rollback(MODEL, settings=house.settings, **BEN)

    assert house.decides() == "1"


def test_a_champion_that_was_replaced_before_its_first_run_can_come_back(house: House) -> None:
    with house.db.superuser() as connection:
        connection.execute("truncate audit.champion_sightings")
    override(house)

    rollback(MODEL, settings=house.settings, **BEN)

    assert house.decides() == "1"


def test_a_rollback_to_a_version_that_never_decided_is_refused(house: House) -> None:
    for number in (None, "2", "7\x1b[2K"):
        with pytest.raises(PromotionRefusedError, match="former champions are: none"):
            rollback(MODEL, number, settings=house.settings, **BEN)


def test_the_trainer_does_not_validate_their_own_version(house: House) -> None:
    with pytest.raises(PromotionRefusedError, match="trained it"):
        validations.validate(
            MODEL, "2", is_valid=True, person="Ann", reason="mine", settings=house.settings
        )
