"""Chooses the period to learn from by the labels at hand, and shows them week by week. Pure.

The newest rows resemble most what will be scored, and few frauds teach little. So the period goes
back from the newest matured row until it holds enough frauds, and no further.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from features.platform.arrays import Codes
from features.platform.errors import ConfigurationError, TooFewLabelsError
from scoring.runs.training_order import TrainingOrder

# Steps of boosting need hundreds of events for each column that they use (van der Ploeg, Austin,
# Steyerberg 2014); on the handbook nothing is gained beyond this number of frauds.
ENOUGH_FRAUDS = 2_000
SHORTEST = timedelta(days=60)  # two months, so that one odd week does not make the model
LONGEST = timedelta(days=730)  # frauds of earlier years have another pattern
MOST_ROWS = 2_000_000  # of an ordinary machine's memory they take 2 GB
MOST_LINES = 26
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = 4  # 1970-01-05


@dataclass(frozen=True, slots=True)
class LabelsAtHand:
    """The rows known at a moment, counted by UTC day.

    Args:
        as_of: later knowledge is ignored.
        maturity: a row counts once it is that old.
        day: the days with rows, counted from 1970, ascending.
        rows: of each day, the rows whose label has matured.
        frauds: of each day, the frauds among them.
        young: of each day, the rows whose label has not matured yet.
        newest: the moment of the newest row; None without rows.
    """

    as_of: datetime
    maturity: timedelta
    day: Codes
    rows: Codes
    frauds: Codes
    young: Codes
    newest: datetime | None

    @property
    def matured(self) -> datetime:
        """The first moment whose rows have not matured."""
        return self.as_of - self.maturity


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time `[start, end)` to learn from, and the reason for it."""

    start: datetime
    end: datetime
    reason: str


def choose(labels: LabelsAtHand, order: TrainingOrder) -> Period:
    """Return the order's period; a bound that is left out follows from the labels.

    Raises:
        ConfigurationError: the order's end lies after the last matured moment.
        TooFewLabelsError: no row has matured in the period.
    """
    if order.end and order.end > labels.matured:
        raise ConfigurationError(
            f"end {_text(order.end)} of the training period lies after {_text(labels.matured)}: "
            f"later rows have not matured on the knowledge of {_text(labels.as_of)}; give an "
            "earlier end or a later as_of"
        )
    has_rows = labels.rows > 0
    matured = labels.day[has_rows]
    if len(matured) == 0:
        raise TooFewLabelsError("\n".join(["no row has matured yet", *lines(labels)]))
    newest = _day(int(matured[-1]) + 1)
    end = order.end or min(labels.matured, newest)
    if order.start:
        if order.start >= end:
            raise ConfigurationError(
                f"start {_text(order.start)} of the training period is not before its end "
                f"{_text(end)}, where the matured rows end"
            )
        return Period(order.start, end, "as ordered")
    return _back_from(labels, end)


def _back_from(labels: LabelsAtHand, end: datetime) -> Period:
    """Return the shortest period before `end` that holds enough."""
    last = -((_EPOCH - end) // timedelta(days=1))  # the first whole day after the end
    inside = (labels.day < last) & (labels.day >= last - LONGEST.days) & (labels.rows > 0)
    day = labels.day[inside][::-1]
    frauds, rows = (np.cumsum(counts[inside][::-1]) for counts in (labels.frauds, labels.rows))
    if len(day) == 0:
        raise TooFewLabelsError(
            "\n".join([f"no row has matured in the {LONGEST.days} days before {_text(end)}",
                       *lines(labels)])
        )  # fmt: skip
    is_long = day <= last - SHORTEST.days
    stops = {
        f"the {SHORTEST.days} days before it": is_long & (frauds >= ENOUGH_FRAUDS),
        f"as many days before it as hold {MOST_ROWS:,} rows": is_long & (rows >= MOST_ROWS),
    }
    reached = {reason: int(stop.argmax()) for reason, stop in stops.items() if stop.any()}
    if not reached:
        first = int(labels.day[labels.rows > 0][0])
        limit = f"the {LONGEST.days} days before it" if first < int(day[-1]) else "all there is"
        return Period(_day(int(day[-1])), end, f"{limit}, {frauds[-1]:,} frauds")
    reason, place = min(reached.items(), key=lambda pair: pair[1])
    start = int(day[place])
    if last - start > SHORTEST.days and reason.startswith(f"the {SHORTEST.days}"):
        reason = f"the {last - start} days that hold {ENOUGH_FRAUDS:,} frauds"
    return Period(_day(start), end, f"{reason}, {frauds[place]:,} frauds")


def lines(labels: LabelsAtHand, period: Period | None = None) -> list[str]:
    """Return the rows and frauds at hand as a table of weeks, and the rows that are too young.

    Args:
        labels: the counts by day.
        period: marks the weeks of the period.
    """
    if len(labels.day) == 0:
        return [
            "no features are at hand: load history (`vesper ingest`) and build its features "
            "(`vesper build score_transactions`)"
        ]
    return [*_weeks(labels, period), *_young(labels)]


def advice(labels: LabelsAtHand, needed: int) -> str:
    """Return what would be enough to learn from, and when it will be at hand at the present rate.

    Args:
        labels: the counts by day.
        needed: the least number of frauds.
    """
    frauds, days = int(labels.frauds.sum()), int(np.ptp(labels.day)) + 1 if len(labels.day) else 0
    wait = ""
    if frauds:
        weeks = -(-(needed - frauds) * days // (7 * frauds))
        wait = f", at the present rate in {weeks} weeks" if weeks > 0 else ""
    return (
        f"  {needed} matured frauds, spread over the period, are enough{wait}: load older history "
        "with its labels (`vesper ingest`), wait until more labels have matured, or choose another "
        "period (--start, --end, --as-of)"
    )


def _weeks(labels: LabelsAtHand, period: Period | None) -> Iterator[str]:
    week = (labels.day - _MONDAY) // 7
    has_rows = labels.rows > 0
    if not has_rows.any():
        return
    span = -(-int(np.ptp(week[has_rows]) + 1) // MOST_LINES)  # weeks of one line
    line = (week - week[has_rows][0]) // span
    title = "week of" if span == 1 else f"{span} weeks from"
    yield f"  {title:14} {'matured rows':>12} {'frauds':>8} {'share':>8}"
    for number in np.unique(line[has_rows]):
        is_of_line = (line == number) & has_rows
        rows, frauds = int(labels.rows[is_of_line].sum()), int(labels.frauds[is_of_line].sum())
        first = _day(int((week[has_rows][0] + number * span) * 7 + _MONDAY))
        days = labels.day[is_of_line]
        used = period is not None and (
            _day(int(days[-1]) + 1) > period.start and _day(int(days[0])) < period.end
        )
        mark = "  used" if used else ""
        yield f"  {first:%Y-%m-%d}     {rows:12,} {frauds:8,} {frauds / rows:8.3%}{mark}"


def _young(labels: LabelsAtHand) -> Iterator[str]:
    young = int(labels.young.sum())
    if not young or labels.newest is None:
        yield "  no row is too young: every label has matured"
        return
    first = max(_day(int(labels.day[labels.young > 0][0])), labels.matured)
    days = labels.maturity.days
    yield (
        f"  not matured yet: {young:,} rows; a label matures after {days} days (maturity_days), "
        f"so the first of them counts from {_text(first + labels.maturity)} and the last from "
        f"{_text(labels.newest + labels.maturity)} (as_of)"
    )


def _day(number: int) -> datetime:
    return _EPOCH + timedelta(days=number)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
