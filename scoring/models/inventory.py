"""Read the inventory of models: owner, tier, users, limits and monitoring of each one. Pure.

These facts are data of an installation and not of a training, so they are in `inventory.yaml`.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from features.platform import strict_yaml
from features.platform.errors import ConfigurationError
from scoring.decision.policy.part import Line, PolicyPart

FILE = Path(__file__).with_name("inventory.yaml")

#: At least one line.
Lines = Annotated[list[Line], Field(min_length=1)]
Months = Annotated[int, Field(ge=1, le=36)]


class Monitored(PolicyPart):
    """One measure that is watched, with the threshold that calls for a person and its place."""

    measure: Line
    threshold: Line
    place: Line


class ModelEntry(PolicyPart):
    """The facts about one model that a model-risk officer needs and no training can know.

    Attributes:
        title: of the model, for people.
        owner: the role that answers for it.
        tier: the damage that a wrong model can do: 1 decides about persons or their money, 2 moves
            stock or budgets, 3 describes.
        users: of its answers.
        uses: the purpose.
        outside_purpose: uses for which it was not built.
        exclusions: rows and columns that training leaves out, with the reason.
        assumptions: of the method and the data.
        limits: known ones.
        fairness: how groups are measured, or the reason why not.
        monitoring: the plan.
    """

    title: Line
    owner: Line
    tier: Literal[1, 2, 3]
    users: Lines
    uses: Lines
    outside_purpose: Lines
    exclusions: Lines
    assumptions: Lines
    limits: Lines
    fairness: Line
    monitoring: Annotated[list[Monitored], Field(min_length=1)]


class ReviewMonths(PolicyPart):
    """The months from a validation to the next review, by tier."""

    tier_1: Months
    tier_2: Months
    tier_3: Months

    def of(self, tier: int) -> int:
        """Return the months of a tier."""
        return {1: self.tier_1, 2: self.tier_2, 3: self.tier_3}[tier]


class Inventory(PolicyPart):
    """All models, by registered name."""

    review_months: ReviewMonths
    models: dict[str, ModelEntry]

    def entry(self, model: str) -> ModelEntry:
        """Return the facts about a model.

        Raises:
            ConfigurationError: the inventory has no such model.
        """
        if model not in self.models:
            raise ConfigurationError(
                f"{FILE.name} has no model {model!r}, only {', '.join(self.models)}: add an entry "
                "with its owner, tier and limits"
            )
        return self.models[model]

    def next_review(self, model: str, since: date) -> date:
        """Return the day by which a model is due for a review.

        Args:
            model: the registered name.
            since: the day of the last validation, or else of the training.

        Raises:
            ConfigurationError: the inventory has no such model.
        """
        return months_later(since, self.review_months.of(self.entry(model).tier))


@cache
def load(path: Path = FILE) -> Inventory:
    """Read an inventory.

    Raises:
        ConfigurationError: the file is not one, with line, column and key.
    """
    return strict_yaml.read(path).validate(Inventory)


def months_later(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of a shorter month."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
