"""Hold what is on file about a model: trainings, gates, validations, decisions, cards. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Training:
    """A registered version, whether it was promoted later or not."""

    version: str
    sha256: str
    run_id: str
    trainer: str
    trained_at: datetime
    alias: str
    feature_view: str
    data_sha256: str
    training_start: datetime | None
    training_end: datetime | None
    label_as_of: datetime | None
    code_version: str
    metrics: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class GateResult:
    """A comparison of a challenger with the champion on fresh weeks."""

    champion_version: str
    challenger_version: str
    verdict: str
    weeks: int
    rows: int
    events: int
    window_start: datetime
    window_end: datetime
    requested_by: str
    gated_at: datetime


@dataclass(frozen=True, slots=True)
class Validation:
    """The judgement of a second person about a version."""

    version: str
    sha256: str
    validator: str
    is_valid: bool
    reason: str
    validated_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """A promotion, rejection, extension, rollback or override."""

    action: str
    version: str
    replaces_version: str | None
    person: str
    reason: str
    source: str
    expires_at: datetime | None
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """A change of the alias `champion`, as the next claim saw it."""

    version: str
    champion_version: str | None
    is_effective: bool
    actor: str
    reason: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """The registers of one model, each with the newest row first."""

    model: str
    trainings: Sequence[Training] = ()
    gates: Sequence[GateResult] = ()
    validations: Sequence[Validation] = ()
    decisions: Sequence[Decision] = ()
    sightings: Sequence[Sighting] = ()

    def training_of(self, version: str) -> Training | None:
        """Return the newest training of a version; None if it was made elsewhere."""
        return next((each for each in self.trainings if each.version == version), None)

    def validation_of(self, training: Training) -> Validation | None:
        """Return the newest judgement about exactly this file."""
        key = (training.version, training.sha256)
        judged = (each for each in self.validations if (each.version, each.sha256) == key)
        return next(judged, None)


@dataclass(frozen=True, slots=True)
class VersionPages:
    """The artifacts of a version that people read.

    Args:
        card: its model card, in Markdown; empty if the version has none.
        pictures: PNG files by name.
    """

    card: str = ""
    pictures: Mapping[str, bytes] = field(default_factory=dict)
