"""Write times and dates of declared formats as ISO 8601."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.ingest.reasons import RowReason
from features.ingest.spelling import decimals
from features.ingest.spelling.delivered import TEXT
from features.ingest.times import mask_of
from features.ingest.verdicts import Mask, Verdicts
from features.sources.date_formats import EPOCHS, MONTHS, pattern_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = pa.array([month.lower() for month in MONTHS])
_COUNT = decimals.Form(exponents=True)
_FITS = r"^-?[0-9]{1,17}(?:\.[0-9]+)?$"
_COUNT_TYPE, _UNIT_TYPE, _WHOLE_TYPE = (
    pa.decimal128(26, 9),
    pa.decimal128(11, 0),
    pa.decimal128(29, 0),
)
#: Microseconds from 1970 to the years 1900 and 2100, the ends of all times of a source.
_FIRST, _LAST = -2_208_988_800_000_000, 4_102_444_800_000_000


def in_iso(
    texts: pa.Array, column: str, verdicts: Verdicts, *, form: str, latest: datetime
) -> pa.Array:
    """Return dates or times of a declared format as ISO 8601; null without a value.

    A month without a day becomes its first day. A year of two digits is the latest such year up to
    that of `latest`.

    Args:
        texts: as delivered.
        column: name for the verdict.
        verdicts: receives texts in another format.
        form: directives of strptime, see `features.sources.date_formats`.
        latest: a year of two digits is not later; UTC.
    """
    parts = pc.extract_regex(texts, pattern_of(form))
    groups = {field.name: pc.struct_field(parts, field.name) for field in parts.type}
    good = mask_of(pc.is_valid(parts))
    if "%y" in form:
        groups["year"] = _century(groups["year"], latest)
    if "yearday" in groups:
        date, exists = _ordinal(groups["year"], groups["yearday"], good)
        good &= exists
    else:
        day = _two_digits(groups["day"]) if "day" in groups else pa.scalar("01")
        date = pc.binary_join_element_wise(groups["year"], _month(groups["month"]), day, "-")
    iso = pc.binary_join_element_wise(date, _clock(groups), groups.get("offset", ""), "")
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~good, RowReason.DATE_NOT_IN_FORMAT, column)
    return _only(iso, good)


def of_epoch(
    texts: pa.Array, column: str, verdicts: Verdicts, *, form: str, since: datetime | None
) -> pa.Array:
    """Return the times that are so many units after a moment, as ISO 8601 in UTC.

    Args:
        texts: numbers, with a fraction or an exponent or without.
        column: name for the verdict.
        verdicts: receives texts that are no number, and times outside 1900 to 2099.
        form: the unit, such as `epoch_milliseconds`.
        since: the moment; 1970 by default.
    """
    numbers, _ = decimals.plain(texts, _COUNT)
    numbers = pc.replace_substring_regex(numbers, r"(\.[0-9]{9})[0-9]+$", r"\1")
    fits = mask_of(pc.match_substring_regex(numbers, _FITS))
    counts = pc.cast(_only(numbers, fits), _COUNT_TYPE)
    scaled = pc.multiply(counts, pa.scalar(Decimal(EPOCHS[form]), _UNIT_TYPE))
    start = round((since - _EPOCH).total_seconds() * 1_000_000) if since else 0
    inside = pc.and_(
        pc.greater_equal(scaled, pa.scalar(Decimal(_FIRST - start), scaled.type)),
        pc.less(scaled, pa.scalar(Decimal(_LAST - start), scaled.type)),
    )
    good = fits & mask_of(inside)
    scaled = pc.if_else(pa.array(good), scaled, pa.scalar(None, scaled.type))
    whole = pc.cast(pc.cast(scaled, _WHOLE_TYPE, safe=False), pa.int64())
    times = pc.cast(pc.add(whole, start), pa.timestamp("us", "UTC"))
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~good, RowReason.DATE_NOT_IN_FORMAT, column)
    return pc.cast(times, TEXT)


def dates_of(texts: pa.Array) -> pa.Array:
    """Return the dates of times in ISO 8601."""
    return pc.utf8_slice_codeunits(texts, 0, 10)


def _century(years: pa.Array, latest: datetime) -> pa.Array:
    is_past = pc.less_equal(years, f"{latest.year % 100:02}")
    return pc.binary_join_element_wise(pc.if_else(is_past, "20", "19"), years, "")


def _month(months: pa.Array) -> pa.Array:
    """Return months as two digits, from a number or the first letters of a name."""
    index = pc.index_in(pc.utf8_lower(pc.utf8_slice_codeunits(months, 0, 3)), _MONTHS)
    numbers = pc.cast(pc.add(index, 1), TEXT)
    return _two_digits(pc.coalesce(numbers, months))


def _ordinal(years: pa.Array, days: pa.Array, good: Mask) -> tuple[pa.Array, Mask]:
    """Return the dates of days of a year, and whether the year has such a day."""
    year = _integers(years, good)
    day = _integers(days, good)
    years_of_days = (year - 1970).astype("datetime64[Y]")
    date = years_of_days.astype("datetime64[D]") + (day - 1)
    exists: Mask = (day >= 1) & (date.astype("datetime64[Y]") == years_of_days)
    return pc.cast(pa.array(date, pa.date32()), TEXT), exists


def _integers(texts: pa.Array, good: Mask) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    values = pc.cast(_only(texts, good), pa.int64())
    return np.asarray(pc.fill_null(values, 1970).to_numpy(zero_copy_only=False), np.int64)


def _clock(groups: dict[str, pa.Array]) -> pa.Array | str:
    """Return the time of day as `T14:02:11.5`, or nothing for a date."""
    if "hour12" in groups:
        hour = pc.cast(_blank_as_zero(groups["hour12"]), pa.int8())
        noon = pc.if_else(pc.equal(hour, 12), pa.scalar(0, pa.int8()), hour)
        is_late = pc.starts_with(pc.utf8_lower(groups["half"]), "p")
        late = pc.add(noon, pa.scalar(12, pa.int8()))
        hours = pc.cast(pc.if_else(is_late, late, noon), TEXT)
    elif "hour" in groups:
        hours = groups["hour"]
    else:
        return ""
    minutes = _two_digits(groups["minute"]) if "minute" in groups else "00"
    seconds = _two_digits(groups["second"]) if "second" in groups else "00"
    time = pc.binary_join_element_wise(_two_digits(hours), minutes, seconds, ":")
    fraction = groups.get("fraction")
    if fraction is None:
        return pc.binary_join_element_wise("T", time, "")
    return pc.binary_join_element_wise("T", time, ".", fraction, "")


def _blank_as_zero(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), "0", texts)


def _two_digits(texts: pa.Array) -> pa.Array:
    return pc.utf8_lpad(texts, 2, "0")


def _only(texts: pa.Array, rows: Mask) -> pa.Array:
    return pc.if_else(pa.array(rows), texts, pa.scalar(None, TEXT))
