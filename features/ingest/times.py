"""Parse instants and dates: ISO 8601 with an offset, or in the zone that the source declares."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.ingest.local_times import LocalTimes
from features.ingest.reasons import RowReason
from features.ingest.verdicts import Mask, Verdicts

INSTANT = pa.timestamp("us", "UTC")
CLOCK_SKEW = timedelta(minutes=5)  # tolerated difference between the source's clock and ours
_FIRST_YEAR, _LAST_YEAR = 2000, 2099

_DATE = r"^20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[T ](?:[01][0-9]|2[0-3])(?::[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?)?)"
_OFFSET = r"(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)$"
ZONED = _DATE + _TIME + _OFFSET
NAIVE = _DATE + _TIME + "?$"
DATE = _DATE + "$"
PAST_DATE = DATE.replace("20", "(?:19|20)", 1)
_CANONICAL = np.frombuffer(b"20##-##-##T##:##:##Z", np.uint8)
_IS_DIGIT = ord("#") == _CANONICAL
_NO_SUCH_DAY = r"^....-(?:(?:04|06|09|11)-31|02-3)"
_LEAP_DAY = r"^....-02-29"


def mask_of(flags: pa.Array) -> Mask:
    """Return an Arrow boolean column as a mask; null is false."""
    mask: Mask = pc.fill_null(flags, False).to_numpy(zero_copy_only=False)
    return mask


def matches(texts: pa.Array, pattern: str) -> Mask:
    """Return the mask of texts that match a pattern; null does not match."""
    return mask_of(pc.match_substring_regex(texts, pattern))


def instants(
    texts: pa.Array, column: str, verdicts: Verdicts, *, local: LocalTimes, now: datetime | None
) -> pa.Array:
    """Return the instants of a column; null without a value and in rejected rows.

    Args:
        texts: as delivered.
        column: name for the verdict.
        verdicts: receives invalid and impossible times.
        local: the zone of times without an offset.
        now: a time more than five minutes later is impossible; UTC. None: times may lie ahead.
    """
    present = mask_of(pc.is_valid(texts))
    times = _all_canonical(texts)
    if times is None:
        times = _mixed(texts, present, column, verdicts, local)
    earliest = pa.scalar(datetime.fromisoformat("2000-01-01T00:00:00+00:00"), INSTANT)
    too_old = mask_of(pc.less(times, earliest))
    verdicts.reject(too_old, RowReason.TIMESTAMP_NOT_A_TIME, column)
    if now is not None:
        future = mask_of(pc.greater(times, pa.scalar(now + CLOCK_SKEW, INSTANT)))
        verdicts.reject(future, RowReason.TIMESTAMP_IN_FUTURE, column)
    return times


def dates(texts: pa.Array, column: str, verdicts: Verdicts, pattern: str = DATE) -> pa.Array:
    """Return the dates of a column; null without a value and in rejected rows."""
    good = matches(texts, pattern) & _is_day(texts)
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~good, RowReason.TIMESTAMP_NOT_A_TIME, column)
    return pc.cast(_only(texts, good), pa.date32())


def past_dates(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return dates from 1900 on, such as the date of a first credit line."""
    return dates(texts, column, verdicts, PAST_DATE)


def _all_canonical(texts: pa.Array) -> pa.Array | None:
    """Return the instants if each text of the column is `20..-..-..T..:..:..Z`, otherwise None.

    This is fast for a column without faults. Arrow's parser accepts more forms than the grammar, so
    it parses only texts that match the pattern.
    """
    lengths = pc.min_max(pc.binary_length(texts)).as_py()
    if lengths["min"] != len(_CANONICAL) or lengths["max"] != len(_CANONICAL):
        return None
    present = texts.drop_null()
    joined = pc.binary_join(pa.ListArray.from_arrays([0, len(present)], present), "")
    chars = np.frombuffer(joined.buffers()[2], np.uint8).reshape(-1, len(_CANONICAL))
    fits = np.where(_IS_DIGIT, (chars >= 48) & (chars <= 57), chars == _CANONICAL)
    if not fits.all():
        return None
    try:
        return pc.cast(texts, INSTANT)
    except pa.ArrowInvalid:
        return None


def _mixed(
    texts: pa.Array, present: Mask, column: str, verdicts: Verdicts, local: LocalTimes
) -> pa.Array:
    is_day = _is_day(texts)
    zoned = matches(texts, ZONED) & is_day
    naive = matches(texts, NAIVE) & is_day
    verdicts.reject(present & ~zoned & ~naive, RowReason.TIMESTAMP_NOT_A_TIME, column)
    times = _microseconds(pc.cast(_only(texts, zoned), pa.timestamp("ns", "UTC")), INSTANT)
    if not naive.any():
        return times
    clock = _microseconds(pc.cast(_only(texts, naive), pa.timestamp("ns")), pa.timestamp("us"))
    return pc.coalesce(times, local.placed(clock, column, verdicts))


def _microseconds(times: pa.Array, target: pa.DataType) -> pa.Array:
    return pc.cast(times, target, safe=False)  # drops digits that Postgres does not store


def _is_day(texts: pa.Array) -> Mask:
    wrong = matches(texts, _NO_SUCH_DAY)
    leap_day = matches(texts, _LEAP_DAY)
    if leap_day.any():
        years = pc.utf8_slice_codeunits(_only(texts, leap_day & matches(texts, "^[0-9]{4}")), 0, 4)
        year = pc.fill_null(pc.cast(years, pa.int32()), 0).to_numpy(zero_copy_only=False)
        is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
        wrong |= leap_day & ~is_leap
    return np.logical_not(wrong)


def _only(texts: pa.Array, rows: Mask) -> pa.Array:
    return pc.if_else(pa.array(rows), texts, pa.scalar(None, pa.string()))
