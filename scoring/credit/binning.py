"""Cuts a characteristic into bins with a default rate that a person can read. Pure.

Numbers are cut at quantiles. If a number has a direction, neighbours that contradict it are pooled
(pool adjacent violators: Ayer et al. 1955). The rates are shrunk towards the rate of all rows, so a
thin bin has a moderate and finite weight of evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Flags, Floats, Integers

QUANTILES = 20  # fine cuts of a characteristic with a known direction, before pooling
LOOSE_QUANTILES = 5  # without a direction nothing is pooled, so few cuts limit the noise
PRIOR_ROWS = 50.0  # rows with the rate of all rows that are mixed into every bin
SIGNIFICANT_DIGITS = 4  # of an edge, to keep it readable


@dataclass(frozen=True)
class Bins:
    """One characteristic in bins: bins of its values in ascending order, then the missing bin.

    Args:
        edges: [k - 1] upper bounds of the k bins of values but the last, each within its bin; for
            a category they lie between the levels.
        rows: [k + 1] training rows by bin.
        bads: [k + 1] defaults among them.
        centres: [k + 1] a value that represents the bin, NaN for missing.
        woe: [k + 1] weight of evidence: log-odds of repayment above those of all rows.
    """

    edges: Floats
    rows: Integers
    bads: Integers
    centres: Floats
    woe: Floats

    @property
    def best(self) -> int:
        """The bin with the lowest default rate, among bins with training rows."""
        return int(np.argmax(np.where(self.rows > 0, self.woe, -np.inf)))

    @property
    def information_value(self) -> float:
        """The distance of goods and bads: Kullback's symmetric divergence over the bins."""
        goods = self.rows - self.bads
        apart = goods / max(1, goods.sum()) - self.bads / max(1, self.bads.sum())
        return float((apart * self.woe).sum())

    def place(self, values: Floats) -> NDArray[np.intp]:
        """Return the bin of each value; NaN belongs to the last one."""
        place = np.searchsorted(self.edges, values, side="left")
        return np.where(np.isnan(values), len(self.edges) + 1, place)


def cut_number(values: Floats, is_bad: Flags, direction: int) -> Bins:
    """Cut a number at its quantiles, and pool neighbours that contradict the direction.

    Args:
        values: [n], NaN is missing.
        is_bad: [n], with both values present.
        direction: +1 if more means more risk, -1 if less does, 0 if unknown.
    """
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return _bins(np.empty(0), values, is_bad)
    shares = np.linspace(0, 1, (QUANTILES if direction else LOOSE_QUANTILES) + 1)[1:-1]
    edges: Floats = np.unique(_readable(np.quantile(known, shares).tolist()))
    within: Floats = edges[(edges >= known.min()) & (edges < known.max())]
    return _pooled(_bins(within, values, is_bad), values, is_bad, direction)


def cut_category(values: Floats, is_bad: Flags, levels: int) -> Bins:
    """Cut a category into one bin per level.

    Args:
        values: [n] index of the level, NaN is missing.
        is_bad: [n], with both values present.
        levels: number of levels.
    """
    return _bins(np.arange(levels - 1, dtype=np.float64) + 0.5, values, is_bad)


def _pooled(bins: Bins, values: Floats, is_bad: Flags, direction: int) -> Bins:
    """Pool neighbours until risk moves one way only; without a direction pool nothing."""
    if direction == 0:
        return bins
    base = float(is_bad.mean())
    blocks: list[tuple[int, int, int]] = []  # rows, bads, the last bin of the block
    for position, (rows, bads) in enumerate(zip(bins.rows[:-1], bins.bads[:-1], strict=True)):
        block = (int(rows), int(bads), position)
        while blocks and direction * (_rate(blocks[-1], base) - _rate(block, base)) >= 0:
            before = blocks.pop()
            block = (before[0] + block[0], before[1] + block[1], position)
        blocks.append(block)
    return _bins(bins.edges[[last for _, _, last in blocks[:-1]]], values, is_bad)


def _rate(block: tuple[int, int, int], base: float) -> float:
    rows, bads, _ = block
    return (bads + PRIOR_ROWS * base) / (rows + PRIOR_ROWS)


def _bins(edges: Floats, values: Floats, is_bad: Flags) -> Bins:
    empty = np.zeros(len(edges) + 2, dtype=np.int64)
    place = Bins(edges, empty, empty, edges, edges).place(values)
    rows = np.bincount(place, minlength=len(empty))
    bads = np.bincount(place[is_bad], minlength=len(empty))
    base = float(is_bad.mean())
    rate = (bads + PRIOR_ROWS * base) / (rows + PRIOR_ROWS)
    woe = np.log((1 - rate) / rate) - np.log((1 - base) / base)
    return Bins(edges, rows, bads, _centres(values, place, len(empty)), woe)


def _centres(values: Floats, place: NDArray[np.intp], bins: int) -> Floats:
    """Return a value of the middle row of each bin; NaN for a bin without values."""
    order = np.lexsort((values, place))
    first = np.searchsorted(place[order], np.arange(bins + 1))
    middle = (first[:-1] + first[1:]) // 2
    centres = np.full(bins, np.nan)
    is_filled = first[1:] > first[:-1]
    centres[is_filled] = values[order[middle[is_filled]]]
    return centres


def _readable(edges: list[float]) -> Floats:
    return np.array([float(f"{edge:.{SIGNIFICANT_DIGITS}g}") for edge in edges])
