"""Whether decisions fall differently on protected groups: monitoring, with its limits. Pure.

Measured on decisions and not on scores, because a decision is what somebody meets. A ratio under
four fifths is a reason to look (29 CFR 1607.4(D) for employment, borrowed by custom), no verdict:
it knows nothing of what a difference rests on, and small groups swing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Flags, Floats
from scoring.models.evaluation import Interval

FEWEST_ROWS = 100  # of a group that is measured at all
FEWEST_REPAID = 50  # in it, for the equal-opportunity gap
FOUR_FIFTHS = 0.8
REPLICATES = 2_000


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One group against the reference of its attribute; None where it is too small to say.

    Args:
        attribute: such as `sex`.
        group: such as `female`.
        rows: decided in it.
        approval_rate: of them.
        adverse_impact_ratio: its approval rate over that of the reference.
        equal_opportunity_gap: its approval rate among those who repaid less the reference's.
        is_reference: it has the highest approval rate of the groups that are large enough.
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
        """Whether even the upper bound of the ratio lies under four fifths."""
        ratio = self.adverse_impact_ratio
        return ratio is not None and ratio.high < FOUR_FIFTHS


@dataclass(frozen=True, slots=True)
class _Tally:
    """Approvals of one group, and how they may have fallen in other draws of its rows."""

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
        is_repaid: [n] the outcomes; None where none are known yet.
        attributes: by name [n] the group of each row; None where it was not delivered.
        seed: of the draws. Rows are drawn again within each group, for which a binomial is exact.
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
    found = {
        str(group): _tally(is_approved, is_repaid, groups == group, draw)
        for group in sorted(set(groups[delivered]), key=str)
    }
    large = [group for group, tally in found.items() if tally.rows >= FEWEST_ROWS]
    reference = max(large, key=lambda group: found[group].rate, default=None)
    return [
        GroupFigures(
            name,
            group,
            tally.rows,
            tally.rate,
            _ratio(tally, found.get(reference or "")),
            _gap(tally, found.get(reference or "")),
            group == reference,
        )
        for group, tally in found.items()
    ]


def _tally(
    is_approved: Flags, is_repaid: Flags | None, members: Flags, draw: np.random.Generator
) -> _Tally:
    repaid = members & is_repaid if is_repaid is not None else np.zeros_like(members)
    counts = [members, members & is_approved, repaid, repaid & is_approved]
    rows, approved, repaid_rows, repaid_approved = (int(one.sum()) for one in counts)
    return _Tally(
        rows,
        approved,
        repaid_rows,
        repaid_approved,
        draw.binomial(rows, approved / rows, REPLICATES) / rows,
        draw.binomial(repaid_rows, repaid_approved / max(1, repaid_rows), REPLICATES)
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
