"""Reads and writes what the warehouse knows about the versions of a model.

Each row is sealed, so closure sees a row that was added or changed behind the platform.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.rows import dict_row

from features.platform import database, seals
from scoring.promotion.facts import (
    Action,
    Basis,
    Decision,
    Facts,
    Gate,
    Sighting,
    Source,
    Validation,
    Version,
)
from scoring.promotion.guard import Judgement
from scoring.runs.pins import ModelPin

_SIGHTINGS = """
    select version, sha256, run_id, source, is_effective, basis, reason
    from audit.champion_sightings
    where model = %(model)s
    order by sighting_seq
"""
_DECISIONS = """
    select
        decisions.decision_seq,
        decisions.action,
        decisions.version,
        decisions.sha256,
        decisions.person,
        decisions.reason,
        decisions.expires_at,
        decisions.source,
        exists (
            select
            from audit.champion_sightings as sightings
            where
                sightings.model = decisions.model
                and sightings.first_seen_at >= decisions.decided_at
        ) as is_seen
    from audit.model_decisions as decisions
    where decisions.model = %(model)s
    order by decisions.decision_seq
"""
_GATE = """
    select
        gate_id,
        champion_version as version,
        champion_sha256 as sha256,
        verdict,
        verdict_sha256
    from audit.model_gates
    where model = %(model)s and challenger_version = %(version)s and challenger_sha256 = %(sha256)s
    order by gated_at desc
    limit 1
"""
_VALIDATIONS = """
    select validator, is_valid, reason
    from audit.model_validations
    where model = %(model)s and version = %(version)s and sha256 = %(sha256)s
    order by validated_at
"""
_TRAINER = """
    select trainer
    from audit.challengers
    where model = %(model)s and version = %(version)s and sha256 = %(sha256)s
"""
_SEE = """
    insert into audit.champion_sightings (
        sighting_id, model, sighting_seq, version, sha256, run_id, source, actor, is_effective,
        champion_version, basis, reason
    )
    values (
        %(sighting_id)s, %(model)s, %(sighting_seq)s, %(version)s, %(sha256)s, %(run_id)s,
        %(source)s, %(actor)s, %(is_effective)s, %(champion_version)s, %(basis)s, %(reason)s
    )
    on conflict (model, sighting_seq) do nothing
"""


def facts(connection: psycopg.Connection[Any], model: str, version: Version) -> Facts:
    """Return what is known about a model and one of its versions.

    Args:
        connection: of role `score`.
        model: its registered name.
        version: the version in question.
    """
    values = {"model": model, "version": version.number, "sha256": version.sha256}
    with connection.transaction():
        # one state: a decision between two of these statements would be half of the facts
        connection.execute("set transaction isolation level repeatable read, read only")
        rows = connection.cursor(row_factory=dict_row)
        now = database.fetch_one(rows, "read the clock", "select clock_timestamp() as now")["now"]
        seen = database.fetch_all(rows, "read the sightings", _SIGHTINGS, values)
        decided = database.fetch_all(rows, "read the decisions", _DECISIONS, values)
        gate = database.fetch_optional(rows, "read the gate", _GATE, values)
        validated = database.fetch_all(rows, "read the validations", _VALIDATIONS, values)
        trainer = database.fetch_optional(rows, "read the trainer", _TRAINER, values)
    return Facts(
        sightings=[_sighting(row) for row in seen],
        decisions=[_decision(row) for row in decided],
        gate=None if gate is None else _gate(gate),
        validations=[Validation(**row) for row in validated],
        trainer=None if trainer is None else trainer["trainer"],
        now=now,
    )


def see(
    connection: psycopg.Connection[Any],
    pin: ModelPin,
    judgement: Judgement,
    *,
    champion: ModelPin | None,
    actor: str,
    sighting_seq: int,
) -> bool:
    """Record what a claim sees of the alias; return False if another claim has just recorded it.

    Args:
        connection: of role `score`.
        pin: the version that the alias names.
        judgement: of it.
        champion: the version that decides.
        actor: who moved the alias, as far as the warehouse knows.
        sighting_seq: the number after the newest sighting that the claim has read.
    """
    sighting_id = uuid4()
    values = {
        "sighting_id": sighting_id,
        "model": pin.name,
        "sighting_seq": sighting_seq,
        "version": pin.version,
        "sha256": pin.sha256,
        "run_id": pin.run_id,
        "source": pin.source,
        "actor": actor,
        "is_effective": judgement.is_effective,
        "champion_version": None if champion is None else champion.version,
        "basis": judgement.basis.value,
        "reason": judgement.reason,
    }
    with database.named("record a sighting of the champion"), connection.transaction():
        if not connection.execute(_SEE, values).rowcount:
            return False
        seals.seal(connection, "champion sighting", sighting_id)
    return True


def _sighting(row: Mapping[str, Any]) -> Sighting:
    return Sighting(
        version=_version(row),
        run_id=row["run_id"],
        source=row["source"],
        is_effective=row["is_effective"],
        basis=Basis(row["basis"]),
        reason=row["reason"],
    )


def _decision(row: Mapping[str, Any]) -> Decision:
    return Decision(
        decision_seq=row["decision_seq"],
        action=Action(row["action"]),
        version=_version(row),
        person=row["person"],
        reason=row["reason"],
        expires_at=row["expires_at"],
        source=Source(row["source"]),
        is_seen=row["is_seen"],
    )


def _gate(row: Mapping[str, Any]) -> Gate:
    return Gate(
        gate_id=row["gate_id"],
        champion=_version(row),
        verdict=row["verdict"],
        verdict_sha256=row["verdict_sha256"],
    )


def _version(row: Mapping[str, Any]) -> Version:
    return Version(row["version"], row["sha256"])
