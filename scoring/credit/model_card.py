"""Renders the model card of a credit model: data, measures and fairness. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoring.credit.evaluation import MonthFigures, SegmentFigures
from scoring.models.evaluation import Interval

EXCLUSIONS = """\
- Loans that still run, and whole vintages (a month and a term) whose last loan can still default. A
  censored loan is not a good loan.
- Loans that were granted as exceptions to the lender's policy.
- Columns known only after the application, the lender's own price and grade, and the address.
- Sex, age, marital status and nationality.
- Declined applicants, because their repayment is unknown."""

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
class Card:
    """The content of the page.

    Args:
        feature_view: with its version.
        features: the features that the model reads.
        learnt: first month, last month and number of the training rows.
        tested: the same of the test rows.
        label_as_of: outcomes known later were ignored.
        decides: the part that decides.
        measures: by part.
        months: of the part that decides.
        segments: of the part that decides.
    """

    feature_view: str
    features: Sequence[str]
    learnt: str
    tested: str
    label_as_of: str
    decides: str
    measures: Mapping[str, Mapping[str, Interval]]
    months: Sequence[MonthFigures]
    segments: Sequence[SegmentFigures]


def summary(card: Card) -> str:
    """Return the description of the model version: its data and its measures."""
    lines = [
        f"Probability that a loan is charged off within its term. The **{card.decides}** decides; "
        "the agreement of the other part sets the confidence.",
        "",
        f"- Data: `{card.feature_view}`, {len(card.features)} features",
        f"- Learnt from {card.learnt}",
        f"- Tested on {card.tested}",
        f"- Outcomes known at {card.label_as_of}",
        "",
        *(
            f"- {title}: "
            + ", ".join(f"{part} {_cell(card.measures[part][name])}" for part in card.measures)
            for name, title in MEASURES.items()
        ),
        "",
        "The source run's artifacts hold the rest: `model_card.md` (exclusions, months, "
        "segments, fairness), `scorecard.md`, `scorecard.sql` and the curves.",
    ]
    return "\n".join(lines) + "\n"


def as_markdown(card: Card, fairness: str) -> str:
    """Return the whole page.

    Args:
        card: the content.
        fairness: the report on groups, in Markdown.
    """
    parts = list(card.measures)
    lines = [
        "# Credit model",
        "",
        f"The probability that a loan is charged off within its term, at the requested amount. The "
        f"{card.decides} decides; the agreement of the other part sets the confidence.",
        "",
        f"- Data: {card.feature_view}, {len(card.features)} features: {', '.join(card.features)}",
        f"- Learnt from {card.learnt}",
        f"- Tested on {card.tested}",
        f"- Outcomes known at {card.label_as_of}",
        "",
        "## Left out",
        "",
        EXCLUSIONS,
        "",
        "## Measures, with 95 % intervals",
        "",
        "| measure | " + " | ".join(parts) + " |",
        "| --- |" + " ---: |" * len(parts),
        *(
            f"| {title} | " + " | ".join(_cell(card.measures[part][name]) for part in parts) + " |"
            for name, title in MEASURES.items()
        ),
        "",
        "Calibration: `calibration.png`. Ranking: `roc.png`.",
        "",
        "## Stability by month",
        "",
        "The index compares the month's scores with the training scores. Of 100 stable months, 95 "
        "stay below the index by chance; small months vary more (`stability.png`).",
        "",
        "| month | rows | defaults | predicted | stability index | by chance |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {month.month} | {month.rows} | {month.bads} | {month.foretold:.1f} | "
            f"{month.stability_index:.3f} | {month.by_chance:.3f} |"
            for month in card.months
        ),
        "",
        "## Segments",
        "",
        "| characteristic | segment | rows | defaults | observed over expected | AUC |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *(_segment(segment) for segment in card.segments),
        "",
        fairness,
    ]
    return "\n".join(lines)


def _segment(segment: SegmentFigures) -> str:
    auc = "too few" if segment.auc_roc is None else f"{segment.auc_roc:.3f}"
    return (
        f"| {segment.characteristic} | {segment.segment} | {segment.rows} | {segment.bads} | "
        f"{segment.observed_to_expected:.2f} | {auc} |"
    )


def _cell(interval: Interval) -> str:
    if interval.low == interval.high:
        return f"{interval.value:.3f}"
    return f"{interval.value:.3f} ({interval.low:.3f}–{interval.high:.3f})"
