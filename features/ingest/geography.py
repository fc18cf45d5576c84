"""Parse coordinates, countries and time zones."""

from __future__ import annotations

from zoneinfo import available_timezones

import pyarrow as pa
import pyarrow.compute as pc

from features.ingest.numbers import finite
from features.ingest.reasons import RowReason
from features.ingest.times import mask_of, matches
from features.ingest.verdicts import Verdicts

_COUNTRY = r"^[A-Z]{2}$"


def latitudes(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return degrees north, from -90 to 90; null without a value and in rejected rows."""
    return _degrees(texts, column, verdicts, 90.0, RowReason.NOT_A_LATITUDE)


def longitudes(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return degrees east, from -180 to 180; null without a value and in rejected rows."""
    return _degrees(texts, column, verdicts, 180.0, RowReason.NOT_A_LONGITUDE)


def countries(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return the codes of countries."""
    strange = mask_of(pc.is_valid(texts)) & ~matches(texts, _COUNTRY)
    verdicts.reject(strange, RowReason.NOT_A_COUNTRY, column)
    return texts


def time_zones(texts: pa.Array, column: str, verdicts: Verdicts) -> pa.Array:
    """Return the names of time zones."""
    known = mask_of(pc.is_in(texts, pa.array(sorted(available_timezones()), pa.string())))
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~known, RowReason.NOT_A_TIME_ZONE, column)
    return texts


def _degrees(
    texts: pa.Array, column: str, verdicts: Verdicts, greatest: float, reason: RowReason
) -> pa.Array:
    values = finite(texts)
    inside = pc.less_equal(pc.abs(values), greatest)
    verdicts.reject(mask_of(pc.is_valid(texts)) & ~mask_of(inside), reason, column)
    return pc.if_else(inside, values, None)
