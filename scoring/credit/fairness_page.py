"""The fairness report as a page, with what it cannot say. Pure."""

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
This is monitoring, not a verdict, and what the law asks differs by jurisdiction. A group is
measured against the group of its attribute that is approved most often.

- The adverse impact ratio compares how often groups are approved, whatever their risk. Where its
  whole interval lies under {FOUR_FIFTHS:.2f}, the group is marked as one to look at.
- The equal-opportunity gap compares those who repaid. Of applicants who were declined nobody knows
  whether they would have, so on a lender's own loans it sees only whom the past has approved.
- Groups of fewer than {FEWEST_ROWS} rows, or {FEWEST_REPAID} repaid loans, are not measured: their
  intervals would span everything.
- Looked at is the probability of default against its cut-off alone: rules, limits and the fraud
  state may decide otherwise.
- Attributes are looked at one by one, and nothing is corrected for how many there are.
- Protected attributes are never features; other columns may still stand in for them.
"""
NONE_MEASURED = "Nothing is measured: that takes decisions, and protected attributes beside them."


def as_markdown(figures: Sequence[GroupFigures], title: str, note: str = "") -> str:
    """Return the figures as a table, with their limits.

    Args:
        figures: of every group; none where nothing could be measured.
        title: what was decided, and how.
        note: what else a reader of this data must know.
    """
    head = ["## Fairness of decisions", "", f"{title[0].upper()}{title[1:]}.", ""]
    body = [NONE_MEASURED]
    if figures:
        body = [
            "| attribute | group | rows | approved | adverse impact ratio "
            "| equal-opportunity gap | |",
            "| --- | --- | ---: | ---: | ---: | ---: | --- |",
            *(_line(one) for one in figures),
        ]
    return "\n".join([*head, *body, "", LIMITS, note]).rstrip() + "\n"


def band_names(edges: Sequence[int]) -> list[str]:
    """Return the names of the bands between edges, such as ages: `under 25`, …, `62 and over`."""
    between = [f"{low} to {high - 1}" for low, high in pairwise(edges)]
    return [f"under {edges[0]}", *between, f"{edges[-1]} and over"]


def _line(one: GroupFigures) -> str:
    remark = "reference" if one.is_reference else "look at" if one.is_to_be_looked_at else ""
    cells = (
        one.attribute,
        one.group,
        str(one.rows),
        f"{one.approval_rate:.1%}",
        _cell(one.adverse_impact_ratio),
        _cell(one.equal_opportunity_gap),
        remark,
    )
    return "| " + " | ".join(cells) + " |"


def _cell(found: Interval | None) -> str:
    return "–" if found is None else f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
