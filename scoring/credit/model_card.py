"""Describe a credit model: its data, measures and segments, as a model card. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoring.credit.evaluation import SegmentFigures
from scoring.models import card
from scoring.models.card import Card
from scoring.models.columns import Choice
from scoring.models.evaluation import Interval
from scoring.models.review import Review

# the measures by name, with the best value in parentheses
MEASURES = {
    "auc_roc": "AUC",
    "gini": "Gini",
    "ks": "KS",
    "calibration_slope": "calibration slope (1)",
    "observed_to_expected": "observed over expected (1)",
    "brier": "Brier score",
    "expected_calibration_error": "expected calibration error",
}


@dataclass(frozen=True, slots=True)
class Content:
    """The content of the page.

    Args:
        feature_view: with its version.
        columns: used, and not used with the reasons.
        learnt: first month, last month and number of the training rows.
        tested: the same of the test rows.
        label_as_of: outcomes known later were ignored.
        decides: the part that decides.
        refit: whether the model learnt from the tested loans afterwards, and why.
        measures: by part.
        segments: of the part that decides.
        review: the part for the model-risk officer.
    """

    feature_view: str
    columns: Choice
    learnt: str
    tested: str
    label_as_of: str
    decides: str
    refit: str
    measures: Mapping[str, Mapping[str, Interval]]
    segments: Sequence[SegmentFigures]
    review: Review


def summary(content: Content) -> str:
    """Return the description of the model version: its data and its measures."""
    return card.summary(_card(content))


def as_markdown(content: Content, fairness: str) -> str:
    """Return the whole page.

    Args:
        content: of the page.
        fairness: the report on groups, in Markdown.
    """
    return f"{card.as_markdown(_card(content))}\n{fairness}"


def _card(content: Content) -> Card:
    return Card(
        title="Credit model",
        purpose=(
            "The probability that a loan is charged off within its term, at the requested amount. "
            f"The **{content.decides}** decides; the agreement of the other part sets the "
            "confidence."
        ),
        feature_view=content.feature_view,
        columns=content.columns,
        facts=[
            f"Learnt from {content.learnt}",
            f"Tested on {content.tested}",
            f"Outcomes known at {content.label_as_of}",
        ],
        choices=[content.refit],
        measures={
            title: {part: content.measures[part][name] for part in content.measures}
            for name, title in MEASURES.items()
        },
        review=content.review,
        sections=[
            ("Segments", _segments(content)),
        ],
    )


def _segments(content: Content) -> str:
    return "\n".join(
        [
            "| characteristic | segment | rows | defaults | observed over expected | AUC |",
            "| --- | --- | ---: | ---: | ---: | ---: |",
            *(_segment(segment) for segment in content.segments),
        ]
    )


def _segment(segment: SegmentFigures) -> str:
    auc = "too few" if segment.auc_roc is None else f"{segment.auc_roc:.3f}"
    return (
        f"| {segment.characteristic} | {segment.segment} | {segment.rows} | {segment.bads} | "
        f"{segment.observed_to_expected:.2f} | {auc} |"
    )
