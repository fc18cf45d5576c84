"""Compose the parts of a model card that a model-risk officer reads beside the measures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from scoring.models import benchmark, inventory, sensitivity, stability
from scoring.models.inventory import ModelEntry
from scoring.models.robustness import Robustness

TIERS = {
    1: "decides about persons or their money",
    2: "moves stock or budgets",
    3: "describes",
}


@dataclass(frozen=True, slots=True)
class Review:
    """The facts of the inventory, and the answers of a training.

    Args:
        entry: of the inventory.
        trained_on: the UTC day of the training.
        next_review: the day by which the version is due for a review, if it serves.
        benchmark: the comparison with the simplest model, in Markdown.
        sensitivity: the effect of missing columns, in Markdown.
        stability: the measures over time, in Markdown.
    """

    entry: ModelEntry
    trained_on: date
    next_review: date
    benchmark: str
    sensitivity: str
    stability: str

    @property
    def facts(self) -> list[str]:
        """Owner, tier and next review, one line each."""
        return [
            f"Owner: {self.entry.owner}",
            f"Tier {self.entry.tier}: {TIERS[self.entry.tier]}",
            f"Trained on {self.trained_on.isoformat()}; next review by "
            f"{self.next_review.isoformat()}",
        ]

    @property
    def purpose(self) -> list[tuple[str, str]]:
        """The sections that follow the purpose: heading and body."""
        return [
            ("Users", _list(self.entry.users)),
            ("Uses", _list(self.entry.uses)),
            ("Outside the purpose", _list(self.entry.outside_purpose)),
        ]

    @property
    def sections(self) -> list[tuple[str, str]]:
        """The sections that follow the measures: heading and body."""
        entry = self.entry
        return [
            ("Left out", _list(entry.exclusions)),
            ("Assumptions", _list(entry.assumptions)),
            ("Limits", _list(entry.limits)),
            ("Benchmark", self.benchmark),
            ("Sensitivity", self.sensitivity),
            ("Stability by month", self.stability),
            ("Fairness", entry.fairness),
            ("Monitoring plan", _plan(entry)),
        ]


def of(model: str, trained_on: date, *, benchmark: str, sensitivity: str, stability: str) -> Review:
    """Return the review part of a model's card.

    Args:
        model: the registered name.
        trained_on: the UTC day of the training.
        benchmark: the comparison with the simplest model, in Markdown.
        sensitivity: the effect of missing columns, in Markdown.
        stability: the measures over time, in Markdown.

    Raises:
        ConfigurationError: the inventory has no such model.
    """
    models = inventory.load()
    due = models.next_review(model, trained_on)
    return Review(models.entry(model), trained_on, due, benchmark, sensitivity, stability)


def of_events(
    model: str, trained_on: date, answers: Robustness, events: str, period: str = "month"
) -> Review:
    """Return the review part of the card of a model of an event.

    Args:
        model: the registered name.
        trained_on: the UTC day of the training.
        answers: of the tested model.
        events: such as `frauds`.
        period: of the stability: `month`, or `week from`.

    Raises:
        ConfigurationError: the inventory has no such model.
    """
    return of(
        model,
        trained_on,
        benchmark=benchmark.as_markdown(answers.benchmark),
        sensitivity=sensitivity.as_markdown(answers.losses, events),
        stability=stability.as_markdown(answers.months, events, period),
    )


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _plan(entry: ModelEntry) -> str:
    return "\n".join(
        [
            "| measure | calls for a person | place |",
            "| --- | --- | --- |",
            *(f"| {each.measure} | {each.threshold} | {each.place} |" for each in entry.monitoring),
        ]
    )
