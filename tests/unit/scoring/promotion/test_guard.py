"""A version decides for a reason that the warehouse holds, whoever has moved the alias."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.promotion import guard
from scoring.promotion.facts import (
    Action,
    Basis,
    Decision,
    Facts,
    Gate,
    Rules,
    Sighting,
    Source,
    Validation,
    Version,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
V1, V2, V3 = (Version(str(number), str(number) * 64) for number in (1, 2, 3))
GATED, FREE = Rules(is_gated=True), Rules(is_gated=False)


def seen(version: Version, basis: Basis = Basis.FIRST) -> Sighting:
    """Return what a claim saw."""
    return Sighting(version, "run", "models:/m", basis is not Basis.REFUSED, basis, "because")


def decided(action: Action, version: Version, **changes: object) -> Decision:
    """Return a decision of Ben."""
    end = NOW + timedelta(days=1) if action is Action.OVERRIDE else None
    decision = Decision(1, action, version, "ben", "it is good", end, Source.COMMAND, is_seen=False)
    return replace(decision, **changes)  # type: ignore[arg-type]


def gate(verdict: str = "better", champion: Version = V1) -> Gate:
    """Return a gate against a champion."""
    return Gate(UUID(int=1), champion, verdict, "d" * 64)


def facts(**changes: object) -> Facts:
    """Return the facts about version 2, which Ann trained, beside champion 1."""
    known = Facts((seen(V1),), (), None, (), "ann", NOW)
    return replace(known, **changes)  # type: ignore[arg-type]


def valid(validator: str = "ben", *, is_valid: bool = True) -> Validation:
    return Validation(validator, is_valid, "checked")


def test_the_first_champion_that_a_claim_sees_is_effective() -> None:
    assert guard.judge(V1, facts(sightings=()), GATED).basis is Basis.FIRST


def test_a_passed_gate_and_a_second_person_make_a_version_effective() -> None:
    known = facts(gate=gate(), validations=(valid(),))

    assert guard.judge(V2, known, GATED).basis is Basis.GATE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"validations": (valid(),)}, "it has no gate"),
        ({"gate": gate("not worse"), "validations": (valid(),)}, "is 'not worse'"),
        ({"gate": gate("cannot tell"), "validations": (valid(),)}, "is 'cannot tell'"),
        ({"gate": gate("worse"), "validations": (valid(),)}, "is 'worse'"),
        ({"gate": gate()}, "no person other than its trainer"),
        ({"gate": gate(), "validations": (valid("Ánn"),)}, "no person other than its trainer"),
        ({"gate": gate(), "validations": (valid(), valid(is_valid=False))}, "found it invalid"),
        ({"gate": gate(), "validations": (valid(),), "trainer": None}, "trainer is unknown"),
        (
            {"gate": gate(champion=V3), "validations": (valid(),)},
            "compared it with version 3, and the champion in force is version 1",
        ),
        (
            {"gate": gate(), "decisions": (decided(Action.PROMOTE, V2, person="ann"),)},
            "no person other than its trainer",
        ),
        (
            {
                "gate": gate(),
                "validations": (valid(),),
                "decisions": (decided(Action.REJECT, V2),),
            },
            "ben rejected it: it is good",
        ),
        (
            {"decisions": (decided(Action.OVERRIDE, V2, expires_at=NOW),)},
            "its override expired at 2026-11-30 12:00 UTC",
        ),
        (
            {"decisions": (decided(Action.OVERRIDE, V2), decided(Action.REJECT, V2))},
            "rejected it",
        ),
    ],
)
def test_a_version_that_lacks_a_reason_is_refused_with_all_that_is_missing(
    changes: dict[str, object], reason: str
) -> None:
    judgement = guard.judge(V2, facts(**changes), GATED)

    assert judgement.basis is Basis.REFUSED
    assert reason in judgement.reason


def test_an_alias_moved_by_hand_ends_no_shadow_before_its_time() -> None:
    ready: dict[str, object] = {"gate": gate(), "validations": (valid(),)}
    short = "its shadow lacks 5 of 7 days"

    refused = guard.judge(V2, facts(**ready, shadow_flaw=short), GATED)
    promoted = facts(**ready, shadow_flaw=short, decisions=(decided(Action.PROMOTE, V2),))

    assert (refused.basis, refused.reason) == (Basis.REFUSED, short)
    assert guard.judge(V2, promoted, GATED).basis is Basis.GATE  # the person saw the shadow


def test_not_worse_passes_only_where_the_plan_says_so() -> None:
    known = facts(gate=gate("not worse"), validations=(valid(),))

    assert not guard.judge(V2, known, GATED).is_effective
    assert guard.judge(V2, known, Rules(True, ("better", "not worse"))).basis is Basis.GATE


def test_the_promotion_by_a_second_person_counts_as_their_validation() -> None:
    known = facts(gate=gate(), decisions=(decided(Action.PROMOTE, V2),))

    assert guard.judge(V2, known, GATED).basis is Basis.GATE


def test_a_model_without_a_plan_needs_a_second_person_alone() -> None:
    assert not guard.judge(V2, facts(), FREE).is_effective
    assert guard.judge(V2, facts(validations=(valid(),)), FREE).basis is Basis.VALIDATION


def test_a_refit_that_its_training_accepted_needs_no_person() -> None:
    refit = decided(Action.PROMOTE, V2, source=Source.TRAINING, person="schedule")

    assert guard.judge(V2, facts(decisions=(refit,)), FREE).basis is Basis.REFIT


def test_an_override_holds_until_it_expires_and_then_the_champion_before_decides() -> None:
    override = decided(Action.OVERRIDE, V2)
    known = facts(sightings=(seen(V1), seen(V2, Basis.OVERRIDE)), decisions=(override,))
    expired = replace(known, now=NOW + timedelta(days=1))

    assert guard.judge(V2, known, GATED).basis is Basis.OVERRIDE
    assert guard.standing(known) == seen(V2, Basis.OVERRIDE)
    assert not guard.judge(V2, expired, GATED).is_effective
    assert guard.standing(expired) == seen(V1)


def test_a_former_champion_decides_again_without_a_gate() -> None:
    known = facts(sightings=(seen(V1), seen(V2, Basis.GATE), seen(V3, Basis.REFUSED)))

    assert guard.judge(V1, known, GATED).basis is Basis.FORMER
    assert guard.standing(known) == seen(V2, Basis.GATE)
    assert [s.version for s in guard.former_champions(known, without=V2)] == [V1]


def test_a_file_of_another_digest_under_the_same_number_is_another_version() -> None:
    forged = Version("1", "f" * 64)

    assert not guard.judge(forged, facts(), GATED).is_effective


def test_a_rejected_champion_neither_decides_nor_stands_in_for_another() -> None:
    known = facts(
        sightings=(seen(V1), seen(V2, Basis.GATE)), decisions=(decided(Action.REJECT, V2),)
    )

    assert not guard.judge(V2, known, GATED).is_effective
    assert guard.standing(known) == seen(V1)


def test_the_actor_of_a_move_is_the_person_who_decided_since_the_last_sighting() -> None:
    promoted = decided(Action.PROMOTE, V2)

    assert guard.actor_of(V2, facts(decisions=(promoted,))) == "ben"
    assert guard.actor_of(V2, facts(decisions=(replace(promoted, is_seen=True),))) == (
        guard.UNKNOWN_ACTOR
    )
    assert guard.actor_of(V3, facts(decisions=(promoted,))) == guard.UNKNOWN_ACTOR


def test_a_sighting_is_recorded_when_the_alias_or_its_effect_has_changed() -> None:
    known = facts()

    assert not guard.is_change(V1, guard.judge(V1, known, GATED), known)
    assert guard.is_change(V2, guard.judge(V2, known, GATED), known)
    refused = replace(known, sightings=(seen(V1), seen(V2, Basis.REFUSED)))
    assert not guard.is_change(V2, guard.judge(V2, refused, GATED), refused)
    passed = replace(refused, gate=gate(), validations=(valid(),))
    assert guard.is_change(V2, guard.judge(V2, passed, GATED), passed)


VERSIONS = st.sampled_from([V1, V2, V3])
PERSONS = st.sampled_from(["ann", "ben", "Ann "])
FACTS = st.builds(
    Facts,
    sightings=st.lists(st.builds(seen, VERSIONS, st.sampled_from(Basis)), min_size=1, max_size=5),
    decisions=st.lists(
        st.builds(
            decided,
            st.sampled_from(Action),
            VERSIONS,
            person=PERSONS,
            expires_at=st.sampled_from([None, NOW, NOW + timedelta(hours=1)]),
        ),
        max_size=5,
    ),
    gate=st.none()
    | st.builds(gate, st.sampled_from(["better", "not worse", "worse", "cannot tell"]), VERSIONS),
    validations=st.lists(st.builds(valid, PERSONS, is_valid=st.booleans()), max_size=3),
    trainer=st.sampled_from(["ann", "schedule", None]),
    now=st.just(NOW),
)


@given(known=FACTS, version=VERSIONS)
def test_no_new_version_decides_without_a_passed_gate_and_a_second_person(
    known: Facts, version: Version
) -> None:
    judgement = guard.judge(version, known, GATED)

    if judgement.basis is Basis.GATE:
        assert known.gate is not None
        assert known.gate.verdict == "better"
        persons = {v.validator for v in known.validations} | {
            d.person for d in known.decisions if d.version == version
        }
        assert any(p.strip().lower() != known.trainer for p in persons)
    if judgement.basis is Basis.OVERRIDE:
        assert any(
            d.version == version and d.expires_at is not None and d.expires_at > NOW
            for d in known.decisions
        )
    assert judgement.basis is not Basis.VALIDATION


@given(known=FACTS, version=VERSIONS)
def test_the_champion_that_stands_in_for_a_refused_one_may_decide_itself(
    known: Facts, version: Version
) -> None:
    champion = guard.standing(known, without=version)

    if champion is not None:
        judged = guard.judge(champion.version, replace(known, gate=None, validations=()), GATED)
        assert judged.is_effective
