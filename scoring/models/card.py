"""Writes the model cards of all domains: the page of a version, and its summary. Pure.

A card says what the model is for, which data and period it knows, which kind of model fits the data
and why, which columns it uses, and which delivered columns it does not use. For the model-risk
officer it adds owner, users, limits, benchmark, sensitivity, stability and the monitoring plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoring.models.columns import Choice
from scoring.models.evaluation import Interval
from scoring.models.review import Review


@dataclass(frozen=True, slots=True)
class Card:
    """The content that the cards of all domains share.

    Args:
        title: of the page.
        purpose: the meaning of the model's answer, and its use.
        feature_view: with its version.
        columns: used, and not used with the reasons.
        facts: data and period, one line each.
        choices: the kind of model, the refit and the like, each with its reason.
        measures: the intervals by title and part; a model without parts has one, named `""`.
        review: the part for the model-risk officer.
        sections: heading and body of what follows.
    """

    title: str
    purpose: str
    feature_view: str
    columns: Choice
    facts: Sequence[str]
    choices: Sequence[str]
    measures: Mapping[str, Mapping[str, Interval]]
    review: Review
    sections: Sequence[tuple[str, str]] = ()


def notes(columns: Choice) -> list[str]:
    """Return one line for each reason why delivered columns are not used, or are kept by order."""
    reasons: dict[str, list[str]] = {}
    for name, why in columns.unused.items():
        reasons.setdefault(why, []).append(name)
    return [
        *(_not_used(names, _after_it(why)) for why, names in reasons.items()),
        *(f"column {name} is used because the order keeps it" for name in columns.kept),
    ]


def summary(card: Card) -> str:
    """Return the description of the model version."""
    lines = [
        card.purpose,
        "",
        *(f"- {fact}" for fact in card.review.facts),
        f"- Data: `{card.feature_view}`, {len(card.columns.used)} columns",
        *(f"- {fact}" for fact in (*card.facts, *card.choices)),
        *(f"- {note[0].upper()}{note[1:]}" for note in notes(card.columns)),
        "",
        *(
            f"- {title}: "
            + ", ".join(f"{part} {cell(value)}".strip() for part, value in by.items())
            for title, by in card.measures.items()
        ),
        "",
        "The source run's artifacts hold the rest: `model_card.md` and the curves.",
    ]
    return "\n".join(lines) + "\n"


def as_markdown(card: Card) -> str:
    """Return the whole page."""
    parts = list(next(iter(card.measures.values()), {}))
    lines = [
        f"# {card.title}",
        "",
        card.purpose,
        "",
        *(f"- {fact}" for fact in card.review.facts),
        *_sections(card.review.purpose),
        "",
        "## Data",
        "",
        f"- Feature view {card.feature_view}",
        *(f"- {fact}" for fact in card.facts),
        "",
        "## Choices",
        "",
        *(f"- {choice}" for choice in card.choices),
        "",
        "## Columns",
        "",
        f"Used ({len(card.columns.used)}): {', '.join(card.columns.used)}.",
        "",
        *_unused(card.columns),
        "",
        "## Measures, with 95 % intervals",
        "",
        "| measure | " + " | ".join(part or "value" for part in parts) + " |",
        "| --- |" + " ---: |" * len(parts),
        *(
            f"| {title} | " + " | ".join(cell(by[part]) for part in parts) + " |"
            for title, by in card.measures.items()
        ),
        *_sections(card.sections),
        *_sections(card.review.sections),
    ]
    return "\n".join(lines) + "\n"


def cell(interval: Interval) -> str:
    """Return a measure with its bounds, if it has any."""
    if interval.low == interval.high:
        return f"{interval.value:.3f}"
    return f"{interval.value:.3f} ({interval.low:.3f}–{interval.high:.3f})"


def _sections(sections: Sequence[tuple[str, str]]) -> list[str]:
    return [line for heading, body in sections for line in ("", f"## {heading}", "", body)]


def _unused(columns: Choice) -> list[str]:
    kept = (
        [f"Used because the order keeps them: {', '.join(columns.kept)}."] if columns.kept else []
    )
    if not columns.unused:
        return ["Every delivered column is used.", *kept]
    return [
        "| delivered and not used | reason |",
        "| --- | --- |",
        *(f"| {name} | {why} |" for name, why in columns.unused.items()),
        *(["", *kept] if kept else []),
    ]


def _not_used(names: Sequence[str], why: str) -> str:
    if len(names) == 1:
        return f"column {names[0]} is not used: it {why}"
    return f"{len(names)} columns are not used, since each {why}: {', '.join(names)}"


def _after_it(why: str) -> str:
    return f"is {why}" if why.startswith("left out") else why
