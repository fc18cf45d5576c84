"""The page of a credit model: what it was made of, how good and how fair it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoring.credit.evaluation import MonthFigures, SegmentFigures
from scoring.models.evaluation import Interval

EXCLUSIONS = """\
- Loans that still run, and whole vintages (a month and a term) whose last loan has not had its time
  to default: censored is not good.
- Loans that were granted as exceptions to the lender's policy.
- Columns told after the application, the lender's own price and grade, where somebody lives.
- Sex, age, marital status and nationality.
- Applicants who were declined: nobody knows how they would have repaid."""

# a measure, and what it would be at best
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
    """What stands on the page.

    Args:
        feature_view: with its version.
        features: that the model reads.
        learnt: first month, last month and rows of what it has learnt from.
        tested: the same of what tested it.
        label_as_of: outcomes known later were not looked at.
        decides: the part whose probability decides.
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
    """Return what stands on the version's own page: what it is, and its measures."""
    lines = [
        f"Probability that a loan is charged off within its term. The **{card.decides}** decides; "
        "the other part's agreement makes the confidence.",
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
        card: what stands on it.
        fairness: the report on groups, in Markdown.
    """
    parts = list(card.measures)
    lines = [
        "# Credit model",
        "",
        f"The probability that a loan is charged off within its term, at the amount asked for. The "
        f"{card.decides} decides; the other part's agreement makes the confidence.",
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
        "The index compares the month's scores with those learnt from. Of months in which nothing "
        "has moved 95 of 100 stay below what chance does: small months swing (`stability.png`).",
        "",
        "| month | rows | defaults | foretold | stability index | by chance |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {one.month} | {one.rows} | {one.bads} | {one.foretold:.1f} | "
            f"{one.stability_index:.3f} | {one.by_chance:.3f} |"
            for one in card.months
        ),
        "",
        "## Segments",
        "",
        "| characteristic | segment | rows | defaults | observed over expected | AUC |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *(_segment(one) for one in card.segments),
        "",
        fairness,
    ]
    return "\n".join(lines)


def _segment(one: SegmentFigures) -> str:
    auc = "too few" if one.auc_roc is None else f"{one.auc_roc:.3f}"
    return (
        f"| {one.characteristic} | {one.segment} | {one.rows} | {one.bads} | "
        f"{one.observed_to_expected:.2f} | {auc} |"
    )


def _cell(found: Interval) -> str:
    if found.low == found.high:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} ({found.low:.3f}–{found.high:.3f})"
