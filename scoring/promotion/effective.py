"""Resolves the champion that a claim pins: the version of the alias, unless it may not decide.

A refused version never decides. The run goes on with the last effective champion, from our own
store, and three places say so: the version's tags in the registry, an event in `audit.events`, and
`serving.model_alarms`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import structlog
from psycopg.types.json import Jsonb

from features.platform import database
from features.platform.errors import ModelUnavailableError
from features.platform.objects import ObjectStore
from features.platform.settings import Settings
from scoring.models import registry
from scoring.promotion import guard, records, rules
from scoring.promotion.facts import Facts, Version
from scoring.promotion.guard import Judgement
from scoring.runs.pins import ModelPin

log = structlog.get_logger(__name__)

REFUSED_EVENT = "champion_refused"
_SETTLING_SECONDS = 1.0
_LONGEST_TAG = 500
EFFECTIVE_TAG, REASON_TAG = "effective", "effective.reason"


@dataclass(frozen=True, slots=True)
class Look:
    """What the alias names, the judgement of it, and the champion in force.

    Args:
        named: the version of the alias.
        judgement: of it.
        champion: the version that decides: `named`, or the last effective champion; None if the
            one is refused and there is no other.
        facts: on which this rests.
    """

    named: ModelPin
    judgement: Judgement
    champion: ModelPin | None
    facts: Facts


def version_of(pin: ModelPin) -> Version:
    """Return the identity of a pinned version."""
    return Version(pin.version, pin.sha256)


def look(connection: psycopg.Connection[Any], named: ModelPin) -> Look:
    """Judge the version that the alias names, and record nothing.

    Args:
        connection: of role `score`, outside of a transaction.
        named: the version of the alias.
    """
    version = version_of(named)
    facts = records.facts(connection, named.name, version)
    if guard.is_new(version, facts):
        facts = replace(facts, shadow_flaw=rules.shadow_flaw(connection, named))
    judgement = guard.judge(version, facts, rules.of(named.name))
    champion = named if judgement.is_effective else in_force(named.name, facts)
    return Look(named, judgement, champion, facts)


def in_force(model: str, facts: Facts) -> ModelPin | None:
    """Return the last effective champion that may still decide, or None."""
    seen = guard.standing(facts)
    if seen is None:
        return None
    return ModelPin(model, seen.version.number, seen.version.sha256, seen.run_id, seen.source)


def champion(
    connection: psycopg.Connection[Any], named: ModelPin, settings: Settings, store: ObjectStore
) -> ModelPin:
    """Return the version that decides a run, with its file in our store.

    Args:
        connection: of role `score`, outside of a transaction.
        named: the version that the alias names at this moment.
        settings: access to the registry.
        store: for the model file.

    Raises:
        ModelUnavailableError: the file of an effective version is missing or altered, or the
            version is refused and no former champion may decide.
    """
    seen = _settled(connection, named)
    if seen.champion is None:
        _record(connection, seen, settings)
        raise ModelUnavailableError(
            f"{named} is not effective, and no former champion may decide: "
            f"{seen.judgement.reason}. Next step: `vesper models promote`"
        )
    # before it is recorded: a version without a sound file never becomes the first champion
    registry.fetch(seen.champion, settings, store)
    _record(connection, seen, settings)
    return seen.champion


def _settled(connection: psycopg.Connection[Any], named: ModelPin) -> Look:
    """Judge the version; a refusal that is new is judged again, after a moment.

    A promotion moves the alias inside of the transaction that records it. A claim in between sees
    the alias and no decision.
    """
    seen = look(connection, named)
    if seen.judgement.is_effective or not guard.is_change(
        version_of(named), seen.judgement, seen.facts
    ):
        return seen
    time.sleep(_SETTLING_SECONDS)
    return look(connection, named)


def _record(connection: psycopg.Connection[Any], seen: Look, settings: Settings) -> None:
    """Record a change, and say of a refused version that it is refused."""
    version, judgement = version_of(seen.named), seen.judgement
    is_new = guard.is_change(version, judgement, seen.facts) and records.see(
        connection,
        seen.named,
        judgement,
        champion=seen.champion,
        actor=guard.actor_of(version, seen.facts),
        sighting_seq=len(seen.facts.sightings) + 1,
    )
    was_refused = any(
        earlier.version == version and not earlier.is_effective for earlier in seen.facts.sightings
    )
    if not judgement.is_effective:
        _alarm(connection, seen, is_new)
    if not judgement.is_effective or (is_new and was_refused):
        _tag(seen.named, judgement, settings)


def _alarm(connection: psycopg.Connection[Any], seen: Look, is_new: bool) -> None:
    detail = {
        "version": seen.named.version,
        "sha256": seen.named.sha256,
        "reason": seen.judgement.reason,
        "champion": None if seen.champion is None else seen.champion.version,
    }
    log.error(REFUSED_EVENT, model=seen.named.name, **detail)
    if is_new:
        with database.named("record a refused champion"):
            connection.execute(
                "insert into audit.events (event, subject, actor, detail) "
                "values (%s, %s, current_user, %s)",
                (REFUSED_EVENT, seen.named.name, Jsonb(detail)),
            )


def _tag(named: ModelPin, judgement: Judgement, settings: Settings) -> None:
    """Write the judgement on the version; without an answer, the next claim writes it."""
    tags = {
        EFFECTIVE_TAG: str(judgement.is_effective).lower(),
        REASON_TAG: judgement.reason[:_LONGEST_TAG],
    }
    try:
        registry.tag_version(named.name, named.version, tags, settings)
    except ModelUnavailableError as error:
        log.warning("champion_not_tagged", model=named.name, reason=str(error))
