"""An attacker on published market cells: linear programs over all that a table reveals.

The attacker knows every published number without its rounding, that counts are not negative, that
segments add up to `all`, and that gained customers are customers of their cell. For each suppressed
cell it finds the smallest and the largest value that fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

MEASURES = ("customers", "elsewhere_minor", "gained_customers", "lost_customers")


@dataclass(frozen=True)
class Cell:
    """A cell of one group, with its published numbers; a measure without one is suppressed."""

    segment: str
    published: Mapping[str, float]


def ranges(cells: Sequence[Cell]) -> dict[tuple[str, str], tuple[float, float]]:
    """Return the range of each suppressed number of one group, by segment and measure.

    Args:
        cells: of one merchant, month and category, the cell `all` included.
    """
    parts = [cell.segment for cell in cells if cell.segment != "all"]
    unknowns = [(segment, measure) for segment in parts for measure in MEASURES]
    place = {unknown: number for number, unknown in enumerate(unknowns)}
    equations, values = _equations(cells, parts, place)
    # gained customers are customers of the cell
    bounds = np.zeros((len(parts), len(unknowns)))
    for row, segment in enumerate(parts):
        bounds[row, place[segment, "gained_customers"]] = 1
        bounds[row, place[segment, "customers"]] = -1
    known = {(cell.segment, measure) for cell in cells for measure in cell.published}
    return {
        unknown: (
            _extreme(place[unknown], equations, values, bounds, sign=1),
            _extreme(place[unknown], equations, values, bounds, sign=-1),
        )
        for unknown in unknowns
        if unknown not in known
    }


def _equations(
    cells: Sequence[Cell], parts: Sequence[str], place: Mapping[tuple[str, str], int]
) -> tuple[np.ndarray, np.ndarray]:
    rows, values = [], []
    for cell in cells:
        for measure, value in cell.published.items():
            row = np.zeros(len(place))
            for segment in parts if cell.segment == "all" else [cell.segment]:
                row[place[segment, measure]] = 1
            rows.append(row)
            values.append(float(value))
    return np.array(rows).reshape(-1, len(place)), np.array(values)


def _extreme(
    unknown: int, equations: np.ndarray, values: np.ndarray, bounds: np.ndarray, sign: int
) -> float:
    objective = np.zeros(equations.shape[1])
    objective[unknown] = sign
    found = linprog(
        objective,
        A_ub=bounds,
        b_ub=np.zeros(len(bounds)),
        A_eq=equations if len(values) else None,
        b_eq=values if len(values) else None,
    )
    if found.status == 3:  # without a published total there is no upper end
        return float("inf")
    assert found.status == 0, found.message
    return sign * float(found.fun)
