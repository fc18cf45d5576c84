"""State where a model stands: its champion, its challenger, and the next review. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from scoring.models.history import Decision, GateResult, History, Training, Validation
from scoring.models.inventory import Inventory

CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass(frozen=True, slots=True)
class Standing:
    """One model of the inventory.

    Args:
        model: the registered name.
        title: for people.
        owner: the role that answers for it.
        tier: 1 to 3.
        aliases: versions by alias, of the registry; None if it does not answer.
        champion: the version that decides; None if no claim has pinned one.
        trained: the training of that version; None if it was made elsewhere.
        challenger: the version under test; None without one, or if the registry does not answer.
        gate: the newest one.
        validation: of the champion's file.
        decision: the newest one about any version.
        versions: the number of recorded trainings.
        next_review: the day by which the champion is due; None without its training.
        is_overdue: whether the day has passed.
    """

    model: str
    title: str
    owner: str
    tier: int
    aliases: Mapping[str, str] | None
    champion: str | None
    trained: Training | None
    challenger: str | None
    gate: GateResult | None
    validation: Validation | None
    decision: Decision | None
    versions: int
    next_review: date | None
    is_overdue: bool

    @property
    def difference(self) -> str | None:
        """The sentence on a registry that names another champion than the ledger; or None."""
        named = (self.aliases or {}).get(CHAMPION)
        if named is None or self.champion is None or named == self.champion:
            return None
        return (
            f"the registry names version {named} as champion, and version {self.champion} decides "
            "since the last claim"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self) | {"difference": self.difference}


def of(
    history: History, aliases: Mapping[str, str] | None, models: Inventory, today: date
) -> Standing:
    """Return where a model stands.

    Args:
        history: its registers.
        aliases: versions by alias; None if the registry does not answer.
        models: the inventory.
        today: the UTC day.

    Raises:
        ConfigurationError: the inventory has no such model.
    """
    entry = models.entry(history.model)
    champion = _champion(history, aliases)
    trained = history.training_of(champion) if champion else None
    validation = history.validation_of(trained) if trained else None
    since = _reviewed(trained, validation)
    due = models.next_review(history.model, since.date()) if since else None
    return Standing(
        model=history.model,
        title=entry.title,
        owner=entry.owner,
        tier=entry.tier,
        aliases=aliases,
        champion=champion,
        trained=trained,
        challenger=(aliases or {}).get(CHALLENGER),
        gate=next(iter(history.gates), None),
        validation=validation,
        decision=next(iter(history.decisions), None),
        versions=len(history.trainings),
        next_review=due,
        is_overdue=due is not None and due < today,
    )


def _champion(history: History, aliases: Mapping[str, str] | None) -> str | None:
    """Return the version that decides: as of the last claim, or else as the registry names it."""
    for sighting in history.sightings:
        return sighting.champion_version
    if aliases is not None:
        return aliases.get(CHAMPION)
    first = (each.version for each in history.trainings if each.alias == CHAMPION)
    return next(first, None)


def _reviewed(trained: Training | None, validation: Validation | None) -> datetime | None:
    """Return the moment of the last review: a validation that confirmed, or the training."""
    if validation is not None and validation.is_valid:
        return validation.validated_at
    return trained.trained_at if trained else None
