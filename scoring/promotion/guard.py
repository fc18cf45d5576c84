"""Judges whether the version that the alias `champion` names may decide. Pure.

Any user of the registry may move an alias, and the registry does not say who did. So a version is
effective for a reason that the warehouse holds: it is the model's first champion, a former one, a
refit that the training itself accepted, named by an override that has not expired, or it passed its
gate and a second person validated it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scoring.decision.policy.persons import identity_of
from scoring.promotion.facts import (
    MOVES,
    Action,
    Basis,
    Decision,
    Facts,
    Rules,
    Sighting,
    Source,
    Version,
)

UNKNOWN_ACTOR = "unknown (MLflow UI)"

_NO_TRAINER = "no training recorded it, so its trainer is unknown"
#: Once effective for one of these, a version may decide again without a new gate.
_LASTING = (Basis.FIRST, Basis.REFIT, Basis.GATE, Basis.VALIDATION)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a version may decide, on which basis, and the reason in words."""

    basis: Basis
    reason: str

    @property
    def is_effective(self) -> bool:
        """Whether the version may decide."""
        return self.basis is not Basis.REFUSED


def judge(version: Version, facts: Facts, rules: Rules) -> Judgement:
    """Return whether a version may decide.

    Args:
        version: named by the alias `champion`.
        facts: about the model and this version.
        rules: of the model.
    """
    newest = newest_decision(version, facts)
    if newest is not None and newest.action is Action.REJECT:
        return _refused(f"{newest.person} rejected it: {newest.reason}")
    if not facts.sightings:
        return Judgement(Basis.FIRST, "the first champion that a claim has seen")
    if _has_lasted(version, facts):
        return Judgement(Basis.FORMER, "an effective champion of before")
    if not rules.is_gated and newest is not None and newest.source is Source.TRAINING:
        return Judgement(Basis.REFIT, newest.reason)
    flaws = [
        *gate_flaws(version, facts, rules),
        *shadow_flaws(version, facts),
        *validation_flaws(version, facts),
    ]
    return _overridden(version, facts, flaws) if flaws else _passed(facts, rules)


def is_new(version: Version, facts: Facts) -> bool:
    """Return whether a version has neither decided before nor is the model's first champion."""
    return bool(facts.sightings) and not _has_lasted(version, facts)


def is_change(version: Version, judgement: Judgement, facts: Facts) -> bool:
    """Return whether a sighting tells more than the newest one.

    Args:
        version: named by the alias.
        judgement: of it.
        facts: with the sightings before.
    """
    if not facts.sightings:
        return True
    last = facts.sightings[-1]
    if (version, judgement.is_effective) != (last.version, last.is_effective):
        return True
    return judgement.basis not in (Basis.FORMER, last.basis)


def standing(facts: Facts, without: Version | None = None) -> Sighting | None:
    """Return the newest sighting of a version that may still decide, or None.

    Args:
        facts: about the model.
        without: a version that does not count.
    """
    return next(former_champions(facts, without), None)


def former_champions(facts: Facts, without: Version | None = None) -> Iterator[Sighting]:
    """Yield the versions that have decided and still may, newest first, each once."""
    seen = {without}
    for sighting in reversed(facts.sightings):
        version = sighting.version
        if version in seen or not sighting.is_effective:
            continue
        seen.add(version)
        newest = newest_decision(version, facts)
        if newest is not None and newest.action is Action.REJECT:
            continue
        override = _newest_override(version, facts)
        if _has_lasted(version, facts) or (override and _is_in_force(override, facts)):
            yield sighting


def gate_flaws(version: Version, facts: Facts, rules: Rules) -> list[str]:
    """Return what a version's gate lacks; empty for a model without a gate plan."""
    if not rules.is_gated:
        return []
    gate = facts.gate
    if gate is None:
        return ["it has no gate"]
    flaws = []
    if gate.verdict not in rules.passing:
        flaws.append(f"the verdict of its gate is {gate.verdict!r}")
    champion = standing(facts, without=version)
    if champion is not None and champion.version != gate.champion:
        flaws.append(
            f"its gate compared it with {gate.champion}, and the champion in force is "
            f"{champion.version}"
        )
    return flaws


def shadow_flaws(version: Version, facts: Facts) -> list[str]:
    """Return what a version's shadow lacks; a promotion by a person has looked at it already."""
    newest = newest_decision(version, facts)
    is_promoted = newest is not None and newest.action is Action.PROMOTE
    return [] if facts.shadow_flaw is None or is_promoted else [facts.shadow_flaw]


def participation_flaws(version: Version, facts: Facts) -> list[str]:
    """Return why a version may not decide a share of the rows beside the champion.

    Args:
        version: the challenger.
        facts: about the model and this version.
    """
    newest = newest_decision(version, facts)
    if newest is not None and newest.action is Action.REJECT:
        return [f"{newest.person} rejected it: {newest.reason}"]
    return validation_flaws(version, facts)


def trainer_flaw(person: str, facts: Facts) -> str | None:
    """Return why a person cannot validate or approve a version, or None.

    Args:
        person: who would validate it.
        facts: with the version's trainer.
    """
    if facts.trainer is None:
        return _NO_TRAINER
    if identity_of(person) == identity_of(facts.trainer):
        return f"{person!r} trained it; a second person must answer for it"
    return None


def newest_decision(version: Version, facts: Facts) -> Decision | None:
    """Return the newest decision about a version, other than a longer shadow."""
    about = (
        decision
        for decision in reversed(facts.decisions)
        if decision.version == version and decision.action is not Action.EXTEND
    )
    return next(about, None)


def actor_of(version: Version, facts: Facts) -> str:
    """Return who moved the alias to a version: the person of a decision since the last sighting."""
    newest = newest_decision(version, facts)
    if newest is not None and newest.action in MOVES and not newest.is_seen:
        return newest.person
    return UNKNOWN_ACTOR


def validation_flaws(version: Version, facts: Facts) -> list[str]:
    """Return what a version's validation lacks; a promotion by a second person is a validation."""
    if (invalid := invalidity(facts)) is not None:
        return [invalid]
    persons = [validation.validator for validation in facts.validations]
    persons += [
        decision.person
        for decision in facts.decisions
        if decision.version == version and decision.action is Action.PROMOTE
    ]
    if any(trainer_flaw(person, facts) is None for person in persons):
        return []
    if facts.trainer is None:
        return [_NO_TRAINER]
    return ["no person other than its trainer has validated it"]


def invalidity(facts: Facts) -> str | None:
    """Return that the newest validation by a second person says no, or None."""
    by_others = [
        validation
        for validation in facts.validations
        if trainer_flaw(validation.validator, facts) is None
    ]
    if not by_others or by_others[-1].is_valid:
        return None
    return f"{by_others[-1].validator} found it invalid: {by_others[-1].reason}"


def _has_lasted(version: Version, facts: Facts) -> bool:
    return any(
        sighting.version == version and sighting.basis in _LASTING for sighting in facts.sightings
    )


def _newest_override(version: Version, facts: Facts) -> Decision | None:
    """Return the newest override of a version; a rejection ends it."""
    for decision in reversed(facts.decisions):
        if decision.version == version and decision.action is Action.REJECT:
            return None
        if decision.version == version and decision.action is Action.OVERRIDE:
            return decision
    return None


def _is_in_force(override: Decision, facts: Facts) -> bool:
    return override.expires_at is not None and facts.now < override.expires_at


def _overridden(version: Version, facts: Facts, flaws: list[str]) -> Judgement:
    """Return the judgement of a version with flaws: an override may excuse them for a time."""
    override = _newest_override(version, facts)
    if override is None or override.expires_at is None:
        return _refused("; ".join(flaws))
    until = f"{override.expires_at:%Y-%m-%d %H:%M} UTC"
    if not _is_in_force(override, facts):
        return _refused("; ".join([f"its override expired at {until}", *flaws]))
    return Judgement(
        Basis.OVERRIDE, f"override by {override.person} until {until}: {override.reason}"
    )


def _passed(facts: Facts, rules: Rules) -> Judgement:
    if rules.is_gated and facts.gate is not None:
        verdict = f"its gate says {facts.gate.verdict}"
        return Judgement(Basis.GATE, f"{verdict}, and a second person validated it")
    return Judgement(Basis.VALIDATION, "a second person validated it")


def _refused(reason: str) -> Judgement:
    return Judgement(Basis.REFUSED, reason)
