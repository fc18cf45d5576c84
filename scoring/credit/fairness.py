"""Measures whether decisions differ between protected groups: monitoring, with limits. Pure.

The measures use decisions and not scores, because a decision affects the applicant. A ratio under
four fifths is a reason to investigate (29 CFR 1607.4(D) for employment, adopted by custom) and not
a verdict. It ignores the causes of a difference, and small groups vary by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Flags, Floats
from scoring.models.evaluation import Interval

FEWEST_ROWS = 100  # the least size of a measured group
FEWEST_REPAID = 50  # its least number of repaid loans, for the equal-opportunity gap
FOUR_FIFTHS = 0.8
REPLICATES = 2_000


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group compared with the reference of its attribute; None if the group is too small.

    Args:
        attribute: such as `sex`.
        group: such as `female`.
        rows: its decisions.
        approval_rate: of these decisions.
        adverse_impact_ratio: its approval rate over that of the reference.
        equal_opportunity_gap: its approval rate of repaid loans, less that of the reference.
        is_reference: whether it has the highest approval rate of the large groups.
    """

    attribute: str
    group: str
    rows: int
    approval_rate: float
    adverse_impact_ratio: Interval | None
    equal_opportunity_gap: Interval | None
    is_reference: bool

    @property
    def is_to_be_looked_at(self) -> bool:
        """Whether even the upper bound of the ratio is under four fifths."""
        ratio = self.adverse_impact_ratio
        return ratio is not None and ratio.high < FOUR_FIFTHS


@dataclass(frozen=True, slots=True)
class _Tally:
    """Approvals of one group, and the rates in bootstrap draws of its rows."""

    rows: int
    approved: int
    repaid: int
    repaid_approved: int
    drawn_rate: Floats
    drawn_opportunity: Floats

    @property
    def rate(self) -> float:
        return self.approved / self.rows

    @property
    def opportunity(self) -> float:
        return self.repaid_approved / max(1, self.repaid)


def report(
    is_approved: Flags,
    is_repaid: Flags | None,
    attributes: Mapping[str, NDArray[np.object_]],
    seed: int = 0,
) -> list[GroupFigures]:
    """Return the figures of every group of every attribute, with 95 % intervals.

    Args:
        is_approved: [n] the decisions.
        is_repaid: [n] the outcomes; None if they are still unknown.
        attributes: by name [n] the group of each row; None if it was not delivered.
        seed: of the draws. Rows are redrawn within each group, for which a binomial is exact.
    """
    draw = np.random.default_rng(seed)
    return [
        figures
        for name, groups in attributes.items()
        for figures in _of_attribute(name, is_approved, is_repaid, groups, draw)
    ]


def _of_attribute(
    name: str,
    is_approved: Flags,
    is_repaid: Flags | None,
    groups: NDArray[np.object_],
    draw: np.random.Generator,
) -> Sequence[GroupFigures]:
    delivered = np.array([group is not None for group in groups])
    tallies = {
        str(group): _tally(is_approved, is_repaid, groups == group, draw)
        for group in sorted(set(groups[delivered]), key=str)
    }
    large = [group for group, tally in tallies.items() if tally.rows >= FEWEST_ROWS]
    reference = max(large, key=lambda group: tallies[group].rate, default=None)
    return [
        GroupFigures(
            attribute=name,
            group=group,
            rows=tally.rows,
            approval_rate=tally.rate,
            adverse_impact_ratio=_ratio(tally, tallies.get(reference or "")),
            equal_opportunity_gap=_gap(tally, tallies.get(reference or "")),
            is_reference=group == reference,
        )
        for group, tally in tallies.items()
    ]


def _tally(
    is_approved: Flags, is_repaid: Flags | None, members: Flags, draw: np.random.Generator
) -> _Tally:
    repaid = members & is_repaid if is_repaid is not None else np.zeros_like(members)
    masks = [members, members & is_approved, repaid, repaid & is_approved]
    rows, approved, repaid_rows, repaid_approved = (int(mask.sum()) for mask in masks)
    return _Tally(
        rows=rows,
        approved=approved,
        repaid=repaid_rows,
        repaid_approved=repaid_approved,
        drawn_rate=draw.binomial(rows, approved / rows, REPLICATES) / rows,
        drawn_opportunity=draw.binomial(
            repaid_rows, repaid_approved / max(1, repaid_rows), REPLICATES
        )
        / max(1, repaid_rows),
    )


def _ratio(tally: _Tally, reference: _Tally | None) -> Interval | None:
    if (
        reference is None
        or tally is reference
        or tally.rows < FEWEST_ROWS
        or not reference.approved
    ):
        return None
    drawn = tally.drawn_rate / np.maximum(reference.drawn_rate, 1 / reference.rows)
    return Interval(tally.rate / reference.rate, *_bounds(drawn))


def _gap(tally: _Tally, reference: _Tally | None) -> Interval | None:
    if reference is None or tally is reference:
        return None
    if min(tally.repaid, reference.repaid) < FEWEST_REPAID or tally.rows < FEWEST_ROWS:
        return None
    drawn = tally.drawn_opportunity - reference.drawn_opportunity
    return Interval(tally.opportunity - reference.opportunity, *_bounds(drawn))


def _bounds(drawn: Floats) -> tuple[float, float]:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)
