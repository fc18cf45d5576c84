"""Counts re-decided rows chunk by chunk, in memory that does not grow with the rows. Pure.

Everything that a report states follows from these counts: cells of the flow, bands of the score,
clusters of customers, days, and hits of rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Flags, Floats, Integers, Levels

#: Customers fall into clusters by a hash; all rows of one customer are in one cluster.
CLUSTERS = 512
#: Bands of the score, equally wide in log-odds between -12 and 12; the last holds rows without one.
BANDS = 960
LEVELS = 3
CELLS = LEVELS * LEVELS
_WIDEST = 12.0


class Label(IntEnum):
    """What is known of a row that was decided."""

    GOOD = 0
    BAD = 1
    UNKNOWN = 2  # matured and let through, and no label says what became of it
    DECLINED = 3  # matured and declined: not observable, whatever a label says
    YOUNG = 4  # not matured


LABELS = len(Label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """n rows that were decided again.

    Attributes:
        stored: [n] the outcome of the ledger.
        by_policy: [n] the candidate's outcome with the scores of the ledger.
        by_model: [n] the outcome of the row's own policy with the new model's scores.
        new: [n] the candidate's outcome with the scores of the simulation.
        label: [n] of `Label`.
        amount: [n] at stake, in minor units of the base currency.
        score: [n] the calibrated probability that the new outcome follows from; NaN without one.
        cluster: [n] of the customer.
        day: [n] days since 1970.
        rule_hits: [n, rules] of the candidate.
        limit_change: [n] new less stored limit in minor units; None in a domain without limits.
    """

    stored: Levels
    by_policy: Levels
    by_model: Levels
    new: Levels
    label: NDArray[np.int8]
    amount: Floats
    score: Floats
    cluster: NDArray[np.int32]
    day: NDArray[np.int32]
    rule_hits: Flags
    limit_change: Integers | None


@dataclass(slots=True)
class Tally:
    """The counts of all chunks so far.

    Attributes:
        rules: the ids of the candidate's rules.
        rows: decided again.
        bands: [BANDS + 1, CELLS, LABELS] rows; a cell is 3 x stored + new.
        money: as `bands`, the amounts at stake.
        clusters: [CLUSTERS, CELLS, LABELS] rows.
        corners: [3, 3, 3, 3] rows by stored outcome, by policy alone, by model alone, and both.
        hits: [rules, LABELS] rows that a rule hits.
        alone: [rules, LABELS] rows that no other rule hits.
        days: by day: rows, reviews before, reviews after.
        limits_changed: rows whose limit differs from the stored one.
    """

    rules: Sequence[str]
    rows: int = 0
    bands: Integers = field(
        default_factory=lambda: np.zeros((BANDS + 1, CELLS, LABELS), dtype=np.int64)
    )
    money: Floats = field(default_factory=lambda: np.zeros((BANDS + 1, CELLS, LABELS)))
    clusters: Integers = field(
        default_factory=lambda: np.zeros((CLUSTERS, CELLS, LABELS), dtype=np.int64)
    )
    corners: Integers = field(default_factory=lambda: np.zeros((LEVELS,) * 4, dtype=np.int64))
    hits: Integers = field(init=False)
    alone: Integers = field(init=False)
    days: dict[int, Integers] = field(default_factory=dict)
    limits_changed: int = 0

    def __post_init__(self) -> None:
        """Make the counts of the rules."""
        self.hits = np.zeros((len(self.rules), LABELS), dtype=np.int64)
        self.alone = np.zeros((len(self.rules), LABELS), dtype=np.int64)

    def add(self, chunk: Chunk) -> None:
        """Count n rows."""
        self.rows += len(chunk.stored)
        cell = chunk.stored.astype(np.int64) * LEVELS + chunk.new
        place = cell * LABELS + chunk.label
        per_band = CELLS * LABELS
        banded = band_of(chunk.score) * per_band + place
        self.bands += _counted(banded, self.bands.size).reshape(self.bands.shape)
        self.money += np.bincount(banded, chunk.amount, self.money.size).reshape(self.money.shape)
        clustered = chunk.cluster.astype(np.int64) * per_band + place
        self.clusters += _counted(clustered, self.clusters.size).reshape(self.clusters.shape)
        corner = chunk.stored.astype(np.int64)
        for level in (chunk.by_policy, chunk.by_model, chunk.new):
            corner = corner * LEVELS + level
        self.corners += _counted(corner, self.corners.size).reshape(self.corners.shape)
        self._add_days(chunk)
        self._add_rules(chunk)
        if chunk.limit_change is not None:
            self.limits_changed += int(np.count_nonzero(chunk.limit_change))

    def _add_days(self, chunk: Chunk) -> None:
        if not len(chunk.day):
            return
        first = int(chunk.day.min())
        place = (chunk.day - first).astype(np.int64)
        for level in range(2):
            reviews = (chunk.stored, chunk.new)[level] == 1
            for day, count in _by_day(place[reviews], first):
                self.days.setdefault(day, np.zeros(3, dtype=np.int64))[1 + level] += count
        for day, count in _by_day(place, first):
            self.days.setdefault(day, np.zeros(3, dtype=np.int64))[0] += count

    def _add_rules(self, chunk: Chunk) -> None:
        hit_rows = np.flatnonzero(chunk.rule_hits.any(axis=1))
        mask, label = chunk.rule_hits[hit_rows], chunk.label[hit_rows]
        is_alone = mask.sum(axis=1) == 1
        for rule in range(len(self.rules)):
            hit = mask[:, rule]
            self.hits[rule] += _counted(label[hit].astype(np.int64), LABELS)
            self.alone[rule] += _counted(label[hit & is_alone].astype(np.int64), LABELS)


def band_of(score: Floats) -> Integers:
    """Return the band of each score: [n], from 0; `BANDS` for NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.log(score) - np.log1p(-score)
    place = np.floor((np.clip(odds, -_WIDEST, _WIDEST) + _WIDEST) / (2 * _WIDEST) * BANDS)
    place = np.minimum(place, BANDS - 1)
    return np.where(np.isnan(score), BANDS, np.nan_to_num(place)).astype(np.int64)


def _counted(places: Integers, size: int) -> Integers:
    return np.bincount(places, minlength=size).astype(np.int64)


def _by_day(place: Integers, first: int) -> list[tuple[int, int]]:
    counts = np.bincount(place)
    return [(first + int(day), int(counts[day])) for day in np.flatnonzero(counts)]
