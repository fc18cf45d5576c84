"""Measure how the answers of a forecast change if the feed leaves a column out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Floats
from scoring.models.sensitivity import MOST_COLUMNS


@dataclass(frozen=True, slots=True)
class Change:
    """The effect of a missing column on the answers of some rows.

    Args:
        column: its name.
        unanswered: share of the rows that lose their answer.
        moved: sum of the absolute changes of the other answers, over their sum.
    """

    column: str
    unanswered: float
    moved: float


def of_missing(
    predict: Callable[[Floats], Floats],
    matrix: Floats,
    names: Sequence[str],
    rows: int,
    fixed: Sequence[str] = (),
) -> list[Change]:
    """Return the columns with the largest effect, the largest first.

    Args:
        predict: takes a matrix like `matrix`, and returns an answer >= 0 per row: [n]; NaN = none.
            The result of a row does not depend on the other rows.
        matrix: [m, columns] of known rows.
        names: of the first columns; a column without a name is never left out.
        rows: the most rows to predict, evenly spaced.
        fixed: columns that no feed can leave out, such as the day of the night.
    """
    chosen = matrix[:: max(1, -(-len(matrix) // rows))]
    left_out = [place for place, name in enumerate(names) if name not in fixed]
    # one prediction of all variants: a forecast has a cost for each call
    variants = [chosen, *(_without(chosen, place) for place in left_out)]
    before, *after = np.split(predict(np.concatenate(variants)), len(variants))
    changes = [
        _change(names[place], before, answers)
        for place, answers in zip(left_out, after, strict=True)
    ]
    effective = [change for change in changes if change.unanswered or change.moved]
    effective.sort(key=lambda change: (-change.unanswered, -change.moved, change.column))
    return effective[:MOST_COLUMNS]


def as_markdown(changes: Sequence[Change], answer: str) -> str:
    """Return the changes as a table.

    Args:
        changes: by column.
        answer: the forecast that is compared, such as `units of 28 days`.
    """
    if not changes:
        return f"No single missing column changes the {answer} of the newest rows."
    return "\n".join(
        [
            f"A feed that leaves a column out for a week changes the answers of that week. The "
            f"{len(changes)} columns with the largest effect on the {answer} of known rows:",
            "",
            "| missing column | rows without an answer | change of the others |",
            "| --- | ---: | ---: |",
            *(
                f"| {change.column} | {change.unanswered:.0%} | {change.moved:.1%} |"
                for change in changes
            ),
        ]
    )


def _without(matrix: Floats, place: int) -> Floats:
    without = matrix.copy()
    without[:, place] = np.nan
    return without


def _change(column: str, before: Floats, after: Floats) -> Change:
    had = np.isfinite(before)
    kept = had & np.isfinite(after)
    total = float(np.abs(before[kept]).sum())
    moved = float(np.abs(after[kept] - before[kept]).sum()) / total if total else 0.0
    return Change(column, float((had & ~kept).sum()) / max(1, int(had.sum())), moved)
