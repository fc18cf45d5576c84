"""Gathers what a decision about a model version rests on, and records the decision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg
import structlog

from features.platform.errors import FencedError
from features.platform.settings import Settings
from features.platform.storage import object_store
from scoring.decision.policy import persons
from scoring.models import decision_rows, registry, registry_versions
from scoring.models.decision_rows import DecisionRow
from scoring.promotion import effective, records
from scoring.promotion.facts import MOVES, Action, Basis, Facts, Gate, Source, Version
from scoring.promotion.guard import UNKNOWN_ACTOR, Judgement
from scoring.promotion.refusals import PromotionRefusedError, PromotionVoidError
from scoring.runs.pins import ModelPin

log = structlog.get_logger(__name__)

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Case:
    """A version in question.

    Args:
        pin: the version.
        facts: about the model and the version.
        aliases: the version of each alias of the model.
        champion: the version that would decide a run at this moment, or None.
    """

    pin: ModelPin
    facts: Facts
    aliases: dict[str, str]
    champion: ModelPin | None

    @property
    def version(self) -> Version:
        """The identity of the version."""
        return effective.version_of(self.pin)

    @property
    def is_challenger(self) -> bool:
        """Whether the alias `challenger` names the version."""
        return self.aliases.get(registry.CHALLENGER) == self.pin.version

    def row(
        self,
        action: Action,
        person: str,
        reason: str,
        source: Source,
        *,
        gate: Gate | None = None,
        expires_at: datetime | None = None,
    ) -> DecisionRow:
        """Return the row of a decision about the version.

        Args:
            action: the decision.
            person: who answers for it.
            reason: in words.
            source: the way by which it came.
            gate: that a promotion rests on.
            expires_at: the end of an override.
        """
        is_move = action in MOVES and self.champion != self.pin
        replaces = self.champion if is_move else None
        return DecisionRow(
            model=self.pin.name,
            version=self.pin.version,
            sha256=self.pin.sha256,
            action=action.value,
            person=person,
            reason=reason,
            source=source.value,
            replaces_version=None if replaces is None else replaces.version,
            gate_id=None if gate is None else gate.gate_id,
            verdict_sha256=None if gate is None else gate.verdict_sha256,
            expires_at=expires_at,
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """A recorded decision."""

    decision_id: str
    row: DecisionRow

    def as_dict(self) -> dict[str, object]:
        """Return the receipt as plain values."""
        values = {key: value for key, value in asdict(self.row).items() if value is not None}
        return {"decision_id": self.decision_id} | values


def require_words(person: str, reason: str) -> None:
    """Refuse a decision without a person or a reason.

    Raises:
        ConfigurationError: a text says nothing, or too much.
    """
    persons.require_words("person of the decision", person)
    persons.require_words("reason of the decision", reason)


def of(connection: psycopg.Connection[Any], model: str, number: str, settings: Settings) -> Case:
    """Return the case of a version.

    Args:
        connection: of role `score`, outside of a transaction.
        model: the registered model.
        number: of the version.
        settings: access to the registry.

    Raises:
        PromotionVoidError: the registry has no such version, or no longer.
        ModelUnavailableError: the registry does not answer.
    """
    pin = registry_versions.find(model, number, settings) if _NUMBER.fullmatch(number) else None
    if pin is None:
        raise PromotionVoidError(
            f"model {model} has no version {number[:20]!a} in the registry, or has it no longer; "
            "nothing was moved. `vesper models inventory` lists the versions"
        )
    aliases = registry.aliases_of(model, settings)
    facts = records.facts(connection, model, effective.version_of(pin))
    return Case(pin, facts, aliases, champion_now(connection, model, aliases, facts, settings))


def champion_now(
    connection: psycopg.Connection[Any],
    model: str,
    aliases: dict[str, str],
    facts: Facts,
    settings: Settings,
) -> ModelPin | None:
    """Return the version that would decide a run at this moment, or None."""
    if registry.CHAMPION not in aliases:
        return effective.in_force(model, facts)
    named = registry.resolve(model, registry.CHAMPION, settings)
    return effective.look(connection, named).champion


@contextmanager
def decided(
    connection: psycopg.Connection[Any], row: DecisionRow, facts: Facts
) -> Iterator[Receipt]:
    """Record a decision with what the body does.

    Args:
        connection: of role `score`, outside of a transaction.
        row: the decision.
        facts: that the person has seen.

    Raises:
        PromotionVoidError: another decision about the model has come in between.
    """
    newest = facts.decisions[-1].decision_seq if facts.decisions else 0
    try:
        with decision_rows.recorded(connection, row, newest + 1) as decision_id:
            yield Receipt(str(decision_id), row)
    except FencedError:
        raise PromotionVoidError(
            f"another decision about {row.model} was recorded at this moment, so yours was not and "
            "nothing was moved; read serving.model_history, and decide again"
        ) from None
    log.info("model_decided", **{key: str(value) for key, value in asdict(row).items()})


def move(case: Case, settings: Settings) -> None:
    """Let the alias `champion` name the case's version, and take the alias `challenger` from it."""
    registry.set_alias(case.pin.name, case.pin.version, registry.CHAMPION, settings)
    drop_challenger(case, settings)


def drop_challenger(case: Case, settings: Settings) -> None:
    """Take the alias `challenger` from the case's version, if that has it."""
    if case.is_challenger:
        registry_versions.drop_alias(case.pin.name, registry.CHALLENGER, settings)


def require_file(case: Case, settings: Settings) -> None:
    """Copy the version's file into our store, with its digest checked.

    Raises:
        ModelUnavailableError: the file is gone, or differs from the registered one.
    """
    registry.fetch(case.pin, settings, object_store(settings))


def see_first(connection: psycopg.Connection[Any], case: Case) -> None:
    """Record the first champion, if no claim has seen one, so that a rollback finds it.

    Args:
        connection: of role `score`, outside of a transaction.
        case: of the version that replaces it.
    """
    if case.facts.sightings or case.champion is None:
        return
    judgement = Judgement(Basis.FIRST, "the champion before the first decision about the model")
    records.see(
        connection,
        case.champion,
        judgement,
        champion=case.champion,
        actor=UNKNOWN_ACTOR,
        sighting_seq=1,
    )


def require_other(case: Case) -> None:
    """Refuse a decision that puts the present champion in force.

    Raises:
        PromotionRefusedError: it is the champion already.
    """
    if case.champion is not None and effective.version_of(case.champion) == case.version:
        raise PromotionRefusedError(f"{case.pin} is the champion already; nothing was moved")
