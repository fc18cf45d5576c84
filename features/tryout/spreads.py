"""Count the distribution of times, amounts, labels and gaps of a file, chunk by chunk.

The counts are small for a file of any length: amounts fall into bins that are 1 % wide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.platform.currencies import EXPONENTS

_EPOCH = date(1970, 1, 1)
_BINS = 100.0  # bins of amounts per factor of e
_US_PER_DAY = 86_400_000_000
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


class Days:
    """Counts rows by UTC day, and those at midnight."""

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()
        self.at_midnight = 0

    def add(self, times: pa.Array) -> None:
        """Take the instants of a chunk."""
        moments = instants_of(times)
        days, counts = np.unique(moments // _US_PER_DAY, return_counts=True)
        self.counts.update(dict(zip(days.tolist(), counts.tolist(), strict=True)))
        self.at_midnight += int((moments % _US_PER_DAY == 0).sum())

    def by_day(self) -> dict[date, int]:
        """Return rows by day, in the order of the days."""
        return {_EPOCH + timedelta(days=day): self.counts[day] for day in sorted(self.counts)}


class Amounts:
    """Counts amounts by currency: exact extremes and sum, and quantiles that are right to 1 %."""

    def __init__(self) -> None:
        self._bins: dict[str, Counter[int]] = {}
        self._low: dict[str, int] = {}
        self._high: dict[str, int] = {}
        self._sums: Counter[str] = Counter()
        self._zeros: Counter[str] = Counter()

    def add(self, minor: pa.Array, codes: pa.Array) -> None:
        """Take the amounts of a chunk in minor units, and the currencies of the rows."""
        present = pc.and_(pc.is_valid(minor), pc.is_valid(codes))
        minor, codes = minor.filter(present), codes.filter(present)
        encoded = _flat(codes).dictionary_encode()
        places = encoded.indices.to_numpy(zero_copy_only=False)
        values = minor.to_numpy(zero_copy_only=False) if len(minor) else np.zeros(0, np.int64)
        for place, code in enumerate(encoded.dictionary.to_pylist()):
            self._add(code, values[places == place])

    def _add(self, code: str, values: npt.NDArray[np.int64]) -> None:
        above = values[values > 0]
        bins, counts = np.unique(
            np.floor(np.log(above) * _BINS).astype(np.int64), return_counts=True
        )
        known = self._bins.setdefault(code, Counter())
        known.update(dict(zip(bins.tolist(), counts.tolist(), strict=True)))
        low, high = int(values.min()), int(values.max())
        self._low[code] = min(self._low.get(code, low), low)
        self._high[code] = max(self._high.get(code, high), high)
        self._sums[code] += int(values.sum())
        self._zeros[code] += int((values == 0).sum())

    def by_currency(self) -> list[AmountSpread]:
        """Return the spread of each currency, the most frequent first."""
        spreads = [self._spread(code) for code in self._bins]
        return sorted(spreads, key=lambda spread: (-spread.rows, spread.currency))

    def _spread(self, code: str) -> AmountSpread:
        bins = self._bins[code]
        places = np.array(sorted(bins), np.int64)
        counts = np.array([bins[place] for place in places.tolist()], np.int64)
        rows = int(counts.sum()) + self._zeros[code]
        unit = 10 ** EXPONENTS.get(code, 2)
        reached = np.cumsum(counts) + self._zeros[code]
        quantiles: dict[float, float] = {}
        for share in QUANTILES:
            place = int(np.searchsorted(reached, share * rows)) if len(places) else 0
            is_zero = not len(places) or share * rows <= self._zeros[code]
            middle = (
                0.0
                if is_zero
                else float(np.exp((places[min(place, len(places) - 1)] + 0.5) / _BINS))
            )
            bounded = min(max(middle, self._low[code]), self._high[code])
            quantiles[share] = round(bounded / unit, EXPONENTS.get(code, 2))
        return AmountSpread(
            currency=code,
            rows=rows,
            zeros=self._zeros[code],
            smallest=Decimal(self._low[code]) / unit,
            largest=Decimal(self._high[code]) / unit,
            total=Decimal(self._sums[code]) / unit,
            quantiles=quantiles,
            histogram=_histogram(places, counts, unit),
        )


@dataclass(frozen=True, slots=True)
class AmountSpread:
    """The amounts of one currency, in major units.

    Attributes:
        histogram: lower bound of a bin, its upper bound, and its rows; bins are equal on a
            logarithmic scale.
    """

    currency: str
    rows: int
    zeros: int
    smallest: Decimal
    largest: Decimal
    total: Decimal
    quantiles: Mapping[float, float]
    histogram: tuple[tuple[float, float, int], ...]


def _histogram(
    places: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], unit: int
) -> tuple[tuple[float, float, int], ...]:
    if not len(places):
        return ()
    width = max(1, -(-int(places[-1] - places[0] + 1) // 40), 12)
    first = int(places[0]) // width * width
    wide = (places - first) // width
    heights = np.bincount(wide, weights=counts).astype(np.int64)
    edges = np.exp((first + np.arange(len(heights) + 1) * width) / _BINS) / unit
    return tuple(
        (float(edges[place]), float(edges[place + 1]), int(height))
        for place, height in enumerate(heights.tolist())
    )


@dataclass(frozen=True, slots=True)
class LabelMonth:
    """The labels of one month.

    Attributes:
        month: its first day, or None for rows without a time.
        rows: all rows of the month.
        labelled: rows with a label.
        positive: rows whose label says yes.
    """

    month: date | None
    rows: int
    labelled: int
    positive: int


class Labels:
    """Counts labels by month: yes, no and not known."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, int]] = Counter()

    def add(self, months: npt.NDArray[np.int64], labels: npt.NDArray[np.int8]) -> None:
        """Take the months (since 1970) and the labels of a chunk: 1, 0, or -1 for not known."""
        codes, counts = np.unique(months * 3 + labels + 1, return_counts=True)
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            self._counts[code // 3, code % 3 - 1] += count

    def by_month(self) -> list[LabelMonth]:
        """Return the labels of each month, in the order of the months."""
        months = sorted({month for month, _ in self._counts})
        return [
            LabelMonth(
                date(1970 + month // 12, month % 12 + 1, 1),
                sum(self._counts[month, label] for label in (-1, 0, 1)),
                self._counts[month, 0] + self._counts[month, 1],
                self._counts[month, 1],
            )
            for month in months
        ]


def flags_of(labels: pa.Array) -> npt.NDArray[np.int8]:
    """Return a column of flags as 1, 0, or -1 for null."""
    whole = pc.fill_null(pc.cast(labels, pa.int8()), -1)
    flags: npt.NDArray[np.int8] = whole.to_numpy(zero_copy_only=False)
    return flags


def months_of(times: pa.Array) -> npt.NDArray[np.int64]:
    """Return the months of instants since 1970, in UTC."""
    days = (instants_of(times) // _US_PER_DAY).astype("datetime64[D]")
    months: npt.NDArray[np.int64] = days.astype("datetime64[M]").astype(np.int64)
    return months


def instants_of(times: pa.Array) -> npt.NDArray[np.int64]:
    """Return instants as microseconds since 1970, in UTC."""
    micro = pc.cast(pc.cast(_flat(times), pa.timestamp("us", "UTC")), pa.int64())
    moments: npt.NDArray[np.int64] = micro.to_numpy(zero_copy_only=False)
    return moments


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
