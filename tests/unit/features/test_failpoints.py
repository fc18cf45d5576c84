"""Failpoints do nothing unless armed, and act exactly at their place and hit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.platform import failpoints
from features.platform.errors import ConfigurationError


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


def test_an_unarmed_place_does_nothing() -> None:
    reached: list[str] = []
    failpoints.on_reach("mid_predict", lambda: reached.append("mid_predict"))

    failpoints.reach("after_claim")
    assert reached == []

    failpoints.reach("mid_predict")
    assert reached == ["mid_predict"]


def test_a_place_acts_once_and_only_at_its_hit() -> None:
    failpoints.arm("mid_predict:raise@2")

    failpoints.reach("mid_predict")
    with pytest.raises(failpoints.InjectedFaultError):
        failpoints.reach("mid_predict")
    failpoints.reach("mid_predict")


def test_several_places_are_armed_at_once() -> None:
    failpoints.arm("after_claim:raise, after_commit:raise")

    for place in ("after_claim", "after_commit"):
        with pytest.raises(failpoints.InjectedFaultError):
            failpoints.reach(place)


def test_a_token_lets_one_process_act_and_names_it(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.touch()
    failpoints.arm(f"mid_copy:raise?{token}")

    with pytest.raises(failpoints.InjectedFaultError):
        failpoints.reach("mid_copy")
    failpoints.arm(f"mid_copy:raise?{token}")
    failpoints.reach("mid_copy")

    assert token.with_suffix(".pid").read_text() == str(os.getpid())


@pytest.mark.parametrize("wrong", ["nowhere:raise", "after_claim:explode", "after_claim"])
def test_a_fault_that_cannot_be_injected_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="failpoint"):
        failpoints.arm(wrong)
