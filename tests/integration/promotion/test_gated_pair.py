"""A gate compares the challenger with the version that decides, whatever the alias names."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from features.platform.errors import ConfigurationError
from scoring.fraud.comparison import MATURED
from scoring.fraud.job import JOB
from scoring.models import challengers
from scoring.promotion import decisions, pairs
from scoring.promotion.pairs import Pair
from tests import promotions
from tests.integration.promotion.conftest import MODEL, House


def found(house: House) -> Pair | None:
    with house.connect() as connection:
        return pairs.find(connection, JOB, MATURED, house.settings)


def test_a_champion_that_no_claim_accepts_is_not_the_measure(house: House) -> None:
    house.add(b"model 3", "ann", alias="hidden")
    house.move("3")

    pair = found(house)

    assert pair is not None
    assert (pair.champion, pair.challenger) == (house.champion, house.challenger)
    assert pair.view.qualified == "transactions@2"
    assert pair.learnt_until == datetime.fromisoformat(promotions.TRAINING["training_end"])


def test_a_challenger_whose_alias_was_moved_by_hand_is_still_to_be_tested(house: House) -> None:
    house.move("2")

    pair = found(house)

    assert pair is not None
    assert pair.champion == house.champion


def test_the_champion_in_force_is_no_challenger(house: House) -> None:
    house.move("1", alias="challenger")

    assert found(house) is None


def test_a_training_that_does_not_say_what_it_knows_is_refused(house: House) -> None:
    pin = promotions.register(house.settings, b"model 3", alias="challenger")
    with house.connect() as connection:
        promotions.record_training(connection, pin, "ann", tags={"feature_view": "transactions@1"})

    with pytest.raises(ConfigurationError, match="does not say up to when it has learnt"):
        found(house)


def test_a_longer_shadow_keeps_the_challenger_under_test(house: House) -> None:
    longest = timedelta(days=60)
    with house.db.superuser() as connection:
        connection.execute("update audit.challengers set trained_at = trained_at - interval '61 d'")

    def is_under_test() -> bool:
        with house.connect() as connection:
            return challengers.is_younger(connection, MODEL, "2", longest)

    assert not is_under_test()
    decisions.extend(MODEL, "2", person="Ben", reason="a holiday week", settings=house.settings)
    assert is_under_test()
