"""Renders the fairness report as a page, with its limits. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from scoring.credit.fairness import (
    FEWEST_REPAID,
    FEWEST_ROWS,
    FOUR_FIFTHS,
    GroupFigures,
)
from scoring.models.evaluation import Interval

LIMITS = f"""\
This is monitoring, not a verdict, and the law differs by jurisdiction. A group is compared with the
group of its attribute that has the highest approval rate.

- The adverse impact ratio compares approval rates, whatever the risk. If its whole interval is
  under {FOUR_FIFTHS:.2f}, the group is marked as one to look at.
- The equal-opportunity gap compares repaid loans. The repayment of declined applicants is unknown,
  so on a lender's own loans the gap covers only applicants whom the past approved.
- Groups of fewer than {FEWEST_ROWS} rows, or {FEWEST_REPAID} repaid loans, are not measured: their
  intervals would span everything.
- The report uses the probability of default against its cut-off alone: rules, limits and the fraud
  state may decide otherwise.
- Attributes are measured separately, without a correction for their number.
- Protected attributes are never features; other columns may still correlate with them.
"""
NONE_MEASURED = "Nothing is measured: this needs decisions with protected attributes."


def as_markdown(figures: Sequence[GroupFigures], title: str, note: str = "") -> str:
    """Return the figures as a table, with their limits.

    Args:
        figures: of every group; empty if nothing could be measured.
        title: the decisions, and the method.
        note: further facts that a reader of this data needs.
    """
    head = ["## Fairness of decisions", "", f"{title[0].upper()}{title[1:]}.", ""]
    body = [NONE_MEASURED]
    if figures:
        body = [
            "| attribute | group | rows | approved | adverse impact ratio "
            "| equal-opportunity gap | |",
            "| --- | --- | ---: | ---: | ---: | ---: | --- |",
            *(_line(group) for group in figures),
        ]
    return "\n".join([*head, *body, "", LIMITS, note]).rstrip() + "\n"


def band_names(edges: Sequence[int]) -> list[str]:
    """Return the names of the bands between edges, such as ages: `under 25`, …, `62 and over`."""
    between = [f"{low} to {high - 1}" for low, high in pairwise(edges)]
    return [f"under {edges[0]}", *between, f"{edges[-1]} and over"]


def _line(figures: GroupFigures) -> str:
    remark = (
        "reference" if figures.is_reference else "look at" if figures.is_to_be_looked_at else ""
    )
    cells = (
        figures.attribute,
        figures.group,
        str(figures.rows),
        f"{figures.approval_rate:.1%}",
        _cell(figures.adverse_impact_ratio),
        _cell(figures.equal_opportunity_gap),
        remark,
    )
    return "| " + " | ".join(cells) + " |"


def _cell(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    return f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"
