"""Holds what the warehouse knows about a model's versions, and the words for it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Basis(StrEnum):
    """The reason why a version is effective, or that it is not."""

    FIRST = "first"
    FORMER = "former"
    REFIT = "refit"
    OVERRIDE = "override"
    GATE = "gate"
    VALIDATION = "validation"
    REFUSED = "refused"


class Action(StrEnum):
    """A decision about a version."""

    PROMOTE = "promote"
    REJECT = "reject"
    EXTEND = "extend"
    ROLLBACK = "rollback"
    OVERRIDE = "override"


#: The decisions that let the alias `champion` name their version.
MOVES = (Action.PROMOTE, Action.ROLLBACK, Action.OVERRIDE)


class Source(StrEnum):
    """The way by which a decision came."""

    COMMAND = "command"
    AIRFLOW = "airflow"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class Version:
    """The identity of a model version: its number in the registry, and the digest of its file."""

    number: str
    sha256: str

    def __str__(self) -> str:
        return f"version {self.number}"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a claim saw of the alias `champion`, when that had changed.

    Args:
        version: the version that the alias named.
        run_id, source: of the registry, as in the pin of a run.
        is_effective: whether it could decide.
        basis: why.
        reason: in words; of a refusal, what is missing.
    """

    version: Version
    run_id: str
    source: str
    is_effective: bool
    basis: Basis
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of a person, or of the training, about a version.

    Args:
        decision_seq: its number among the decisions about the model, from 1 on.
        is_seen: whether a claim has seen an alias of the model since.
    """

    decision_seq: int
    action: Action
    version: Version
    person: str
    reason: str
    expires_at: datetime | None
    source: Source
    is_seen: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """The newest gate of a version: the champion that it was compared with, and the verdict."""

    gate_id: UUID
    champion: Version
    verdict: str
    verdict_sha256: str


@dataclass(frozen=True, slots=True)
class Validation:
    """The statement of a person about a version."""

    validator: str
    is_valid: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What a model must have behind it.

    Args:
        is_gated: whether a gate plan was registered for the model; otherwise a validation suffices.
        passing: the verdicts with which a challenger passes.
    """

    is_gated: bool
    passing: tuple[str, ...] = ("better",)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the warehouse holds about a model, and about the version in question.

    Args:
        sightings: oldest first.
        decisions: oldest first.
        gate: the version's newest gate.
        validations: of the version, oldest first.
        trainer: the person who trained the version, `schedule`, or None if no training recorded it.
        now: the clock of the warehouse.
        shadow_flaw: what the shadow of the version lacks; None if nothing, or if nobody asked.
    """

    sightings: Sequence[Sighting]
    decisions: Sequence[Decision]
    gate: Gate | None
    validations: Sequence[Validation]
    trainer: str | None
    now: datetime
    shadow_flaw: str | None = None
