"""Place local times in their zone: by name, by offset or by the zone of each row.

Where clocks are set back, a local time exists twice; where they are set forward, it does not exist.
A source declares the meaning of such times, and a note of the delivery counts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.ingest.reasons import RowReason
from features.ingest.verdicts import Mask, Verdicts
from features.sources.zones import zone_of

_UTC = pa.timestamp("us", "UTC")
_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class LocalTimes:
    """The zone of times without an offset, and the meaning of times around a clock change.

    Args:
        zone: of every row without a zone of its own; None rejects such rows.
        zones: name of the zone of each row; None if the rows have none.
        ambiguous: a time that exists twice is its earliest or latest moment, or rejects the row.
        nonexistent: a time that does not exist is the first moment after it, or rejects the row.
    """

    zone: str | None = None
    zones: pa.Array | None = None
    ambiguous: Literal["earliest", "latest", "reject"] = "earliest"
    nonexistent: Literal["shift_forward", "reject"] = "shift_forward"

    def placed(self, local: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
        """Return local times as moments in UTC; null in a row without a known zone.

        Args:
            local: times without a zone; null in rows without one.
            column: name for the verdicts.
            verdicts: receives rows without a zone, and times around a clock change.
        """
        values = _integers(local)
        present = np.asarray(pc.is_valid(local).to_numpy(zero_copy_only=False), np.bool_)
        if self.zones is None:
            if self.zone is None:
                verdicts.reject(present, RowReason.TIMESTAMP_WITHOUT_ZONE, column)
                return pa.nulls(len(local), _UTC)
            return self._in_zone(values, present, zone_of(self.zone), column, verdicts)
        names = pc.fill_null(self.zones, self.zone) if self.zone else self.zones
        without = present & np.asarray(pc.is_null(names).to_numpy(zero_copy_only=False))
        verdicts.reject(without, RowReason.TIMESTAMP_WITHOUT_ZONE, column)
        result = pa.nulls(len(local), _UTC)
        for name in pc.unique(names.drop_null()).to_pylist():
            rows = present & np.asarray(pc.fill_null(pc.equal(names, name), False))
            try:
                zone = zone_of(name)
            except ValueError:
                verdicts.reject(rows, RowReason.UNKNOWN_ZONE, column)
                continue
            result = pc.coalesce(result, self._in_zone(values, rows, zone, column, verdicts))
        return result

    def _in_zone(
        self,
        local: npt.NDArray[np.int64],
        rows: Mask,
        zone: tzinfo,
        column: str,
        verdicts: Verdicts,
    ) -> pa.Array:
        if not rows.any():
            return pa.nulls(len(local), _UTC)
        first, last = local[rows].min(), local[rows].max()
        offset, changes = _offsets(zone, _year(first) - 1, _year(last) + 1)
        moments = local - offset
        for at, before, after in changes:  # about two a year
            twice = rows & (local >= at + after) & (local < at + before)
            skipped = rows & (local >= at + before) & (local < at + after)
            later = local >= at + max(before, after)
            moments = np.where(later, local - after, moments)
            moments = self._twice(moments, local, twice, (before, after), column, verdicts)
            moments = self._skipped(moments, skipped, at, column, verdicts)
        return pc.cast(pa.array(moments, pa.int64(), mask=~rows), _UTC)

    def _twice(
        self,
        moments: npt.NDArray[np.int64],
        local: npt.NDArray[np.int64],
        twice: Mask,
        offsets: tuple[int, int],
        column: str,
        verdicts: Verdicts,
    ) -> npt.NDArray[np.int64]:
        if not twice.any():
            return moments
        if self.ambiguous == "reject":
            verdicts.reject(twice, RowReason.TIME_EXISTS_TWICE, column)
        else:
            verdicts.remark(
                twice,
                f"{column}: local times that exist twice were read as the {self.ambiguous} moment "
                f"(columns.{column}.ambiguous)",
            )
        offset = offsets[1] if self.ambiguous == "latest" else offsets[0]
        return np.where(twice, local - offset, moments)

    def _skipped(
        self,
        moments: npt.NDArray[np.int64],
        skipped: Mask,
        at: int,
        column: str,
        verdicts: Verdicts,
    ) -> npt.NDArray[np.int64]:
        if not skipped.any():
            return moments
        if self.nonexistent == "reject":
            verdicts.reject(skipped, RowReason.TIME_DOES_NOT_EXIST, column)
        else:
            verdicts.remark(
                skipped,
                f"{column}: local times that a clock change skips were read as the first moment "
                f"after it (columns.{column}.nonexistent)",
            )
        return np.where(skipped, at, moments)


def _integers(local: pa.Array) -> npt.NDArray[np.int64]:
    values = pc.fill_null(pc.cast(local, pa.int64()), _NEVER // 2)
    return np.asarray(values.to_numpy(zero_copy_only=False), np.int64)


def _year(microseconds: np.int64) -> int:
    return int(np.datetime64(int(microseconds), "us").astype("datetime64[Y]").astype(int)) + 1970


@lru_cache(maxsize=256)
def _offsets(zone: tzinfo, first: int, last: int) -> tuple[int, tuple[tuple[int, int, int], ...]]:
    """Return the offset at the start of a year, and the changes until the end of another.

    Returns:
        the offset, and for each change its moment in UTC, the offset before and after it; all in
        microseconds.
    """
    day = datetime(max(first, 1), 1, 1, tzinfo=UTC)
    end = datetime(min(last + 1, 9999), 1, 1, tzinfo=UTC)
    start = _offset(zone, day)
    offset, changes = start, []
    while day < end:
        following = day + timedelta(days=1)
        if (new := _offset(zone, following)) != offset:
            at = _change(zone, day, following, offset)
            changes.append((_microseconds(at), offset, new))
            offset = new
        day = following
    return start, tuple(changes)


def _change(zone: tzinfo, low: datetime, high: datetime, before: int) -> datetime:
    """Return the first second with another offset; a day has at most one change."""
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return high


def _offset(zone: tzinfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset() or timedelta(0)
    return offset // timedelta(microseconds=1)


def _microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
