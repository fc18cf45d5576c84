"""Chooses the columns that a model learns from, and says why it leaves out the others. Pure.

A column that is missing in all newest rows would teach that missing means long ago.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.platform.arrays import Codes, Floats
from scoring.models.labelled_rows import LabelledRows, varies
from scoring.runs.training_order import TrainingOrder

NEWEST_SHARE = 0.25  # of the rows, in which a column must still vary

IS_DROPPED = "left out by the order (drop)"
HOLDS_ONE_VALUE = "holds one value in all rows"
MISSES_NEWEST = (
    "is missing in the newest quarter of the rows, so a model would learn that missing means long "
    "ago; to use it all the same, name it under keep"
)
HOLDS_ONE_NEWEST = (
    "holds one value in the newest quarter of the rows; to use it all the same, name it under keep"
)


@dataclass(frozen=True, slots=True)
class Choice:
    """The columns of a model.

    Args:
        used: in the order of the view.
        unused: the reason by column, for columns that were delivered and are not used.
        kept: the columns that are used because the order keeps them.
    """

    used: tuple[str, ...]
    unused: Mapping[str, str]
    kept: tuple[str, ...] = ()


def choose(rows: LabelledRows, order: TrainingOrder) -> Choice:
    """Return the columns that vary, also among the newest rows, changed by the order's wishes."""
    newest = rows.matrix[-max(1, round(len(rows) * NEWEST_SHARE)) :]
    is_delivered = _is_known(rows.matrix)
    is_varying, is_current = varies(rows.matrix).tolist(), varies(newest).tolist()
    is_known = _is_known(newest)
    used: list[str] = []
    kept: list[str] = []
    unused: dict[str, str] = {}
    facts = zip(rows.features, is_delivered, is_varying, is_current, is_known, strict=True)
    for name, delivered, varying, current, known in facts:
        if not delivered:
            continue
        if name in order.drop:
            unused[name] = IS_DROPPED
        elif not varying:
            unused[name] = HOLDS_ONE_VALUE
        elif current or name in order.keep:
            used.append(name)
            kept += [] if current else [name]
        else:
            unused[name] = HOLDS_ONE_NEWEST if known else MISSES_NEWEST
    return Choice(tuple(used), unused, tuple(kept))


def _is_known(matrix: Floats) -> list[bool]:
    """Return whether each column has a value in some row."""
    missing: Codes = np.count_nonzero(np.isnan(matrix), axis=0)
    return [int(count) < len(matrix) for count in missing]
