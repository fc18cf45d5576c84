"""Guess how times are written: ISO 8601, a format of strptime, an epoch, one column or two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.ingest.times import NAIVE, ZONED
from features.sources.date_formats import pattern_of
from features.tryout import guess_date_parts
from features.tryout.column_facts import ColumnFacts

STRONG = (
    *("timestamp", "datetime", "transactiontime", "transactiondate", "transdatetranstime"),
    *("txdatetime", "occurredat", "transactiontimestamp", "appliedat", "issued", "applicationdate"),
    *("invoicedate", "paidat", "bookingdate", "buchungsdatum", "eventtime", "purchasedate"),
    *("transactiondatetime", "orderdate", "paymentdate", "datum", "zeitpunkt", "authtime"),
    *("created", "createdat", "when", "starteddate", "buchungstag"),
)
WEAK = ("time", "date", "ts", "day", "at", "datum", "zeit", "stamp", "fecha", "heure", "uhrzeit")
_BAD = ("expir", "expiry", "birth", "dob", "known", "settle", "last", "valid", "update", "gueltig")
_FIRST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_EPOCHS = (
    ("epoch_seconds", 1),
    ("epoch_milliseconds", 1_000),
    ("epoch_microseconds", 1_000_000),
)
_ENOUGH = 0.98

_DATES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"[0-9]{4}(?P<s>[-/.])[0-9]{1,2}(?P=s)[0-9]{1,2}", ("%Y{s}%m{s}%d",)),
    (r"[0-9]{1,2}(?P<s>[-/. ])[0-9]{1,2}(?P=s)[0-9]{4}", ("%d{s}%m{s}%Y", "%m{s}%d{s}%Y")),
    (r"[0-9]{1,2}(?P<s>[-/.])[0-9]{1,2}(?P=s)[0-9]{2}", ("%d{s}%m{s}%y", "%m{s}%d{s}%y")),
    (r"[0-9]{1,2}(?P<s>[-/ ])[A-Za-z]{3}(?P=s)[0-9]{4}", ("%d{s}%b{s}%Y",)),
    (r"[0-9]{1,2}(?P<s>[-/ ])[A-Za-z]{3}(?P=s)[0-9]{2}", ("%d{s}%b{s}%y",)),
    (r"[0-9]{1,2}(?P<s>[ ])[A-Za-z]{4,9}(?P=s)[0-9]{4}", ("%d{s}%B{s}%Y",)),
    (r"[A-Za-z]{3}(?P<s>[ ])[0-9]{1,2}, ?[0-9]{4}", ("%b{s}%d, %Y", "%b{s}%d,%Y")),
    (r"[A-Za-z]{4,9}(?P<s>[ ])[0-9]{1,2}, ?[0-9]{4}", ("%B{s}%d, %Y", "%B{s}%d,%Y")),
    (r"[A-Za-z]{3}(?P<s>[-/ ])[0-9]{4}", ("%b{s}%Y",)),
    (r"[A-Za-z]{3}(?P<s>[-/ ])[0-9]{2}", ("%b{s}%y",)),
    (r"(?P<s>)(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]", ("%Y%m%d",)),
)
_TIMES: tuple[tuple[str, str], ...] = (
    (r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}\.[0-9]{1,9}", "%H:%M:%S.%f"),
    (r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}", "%H:%M:%S"),
    (r"[0-9]{1,2}:[0-9]{2}", "%H:%M"),
    (r"[0-9]{1,2}:[0-9]{2}:[0-9]{2} ?[AaPp]\.?[Mm]\.?", "%I:%M:%S{b}%p"),
    (r"[0-9]{1,2}:[0-9]{2} ?[AaPp]\.?[Mm]\.?", "%I:%M{b}%p"),
    (r"[0-9]{1,2}\.[0-9]{2}\.[0-9]{2}", "%H.%M.%S"),
    (r"[0-2][0-9][0-5][0-9][0-5][0-9]", "%H%M%S"),
)
_ISO_TIME = r"^[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?$"
_OFFSET = r" ?(?:Z|[+-][0-9]{2}:?[0-9]{2})"


@dataclass(frozen=True, slots=True)
class TimeGuess:
    """A guess of how the times of one or two columns are written.

    Attributes:
        names: the delivered columns.
        format: for the description; None for ISO 8601.
        has_zone: whether the times carry an offset, or are counted from a moment.
        has_hours: whether the values have more than a date.
        since: the start of a count, where the file cannot say it.
        reason: the comment.
        score: how well the name fits.
    """

    names: tuple[str, ...]
    format: str | None
    has_zone: bool
    has_hours: bool
    reason: str
    score: int = 0
    since: str | None = None


def guess(facts: Sequence[ColumnFacts], *, is_us: bool = False) -> list[TimeGuess]:
    """Return the guesses of the time of a row, the best first.

    Args:
        facts: of all columns.
        is_us: whether other columns are written as in the United States, which decides dates
            whose values do not.
    """
    single = [found for each in facts if (found := of_column(each, is_us=is_us))]
    if parted := guess_date_parts.date(facts):
        reason = "year, month and day are columns of their own"
        single.append(TimeGuess(*parted, False, False, reason, 2))
    pairs = [pair for each in single if not each.has_hours for pair in _pairs(each, facts)]
    return sorted([*pairs, *single], key=lambda each: -_rank(each))


def of_column(facts: ColumnFacts, *, is_us: bool = False) -> TimeGuess | None:
    """Return the guess of one column, or None where it holds no times."""
    score = facts.score(STRONG, WEAK)
    if any(bad in facts.bare for bad in _BAD):
        score = -1
    if facts.type is not None and pa.types.is_temporal(facts.type):
        return _of_type(facts, score)
    if not facts.count:
        return None
    if facts.is_number:
        return _epoch(facts, score)
    if facts.share(ZONED) >= _ENOUGH:
        return TimeGuess((facts.name,), None, True, True, "ISO 8601 with an offset", score)
    if facts.share(NAIVE) >= _ENOUGH:
        has_hours = facts.share("[T ][0-9]") > 0
        return TimeGuess((facts.name,), None, False, has_hours, "ISO 8601 without an offset", score)
    return _formatted(facts, score, is_us=is_us)


def _rank(guess: TimeGuess) -> float:
    """Return the rank: good names first, then hours before dates, two columns before a date."""
    return guess.score * 2 + guess.has_hours * 3 + guess.has_zone + (len(guess.names) > 1) * 0.5


def _of_type(facts: ColumnFacts, score: int) -> TimeGuess | None:
    kind: pa.DataType = facts.type
    if pa.types.is_timestamp(kind):
        zoned = kind.tz is not None
        has_hours = facts.share(r" 00:00:00(?:\.0+)?Z?$") < 1
        reason = f"a column of type {kind}"
        return TimeGuess((facts.name,), None, zoned, has_hours, reason, score)
    if pa.types.is_date(kind):
        return TimeGuess((facts.name,), None, False, False, f"a column of type {kind}", score)
    return None


def _epoch(facts: ColumnFacts, score: int) -> TimeGuess | None:
    values = pc.cast(facts.values, pa.float64()).to_numpy(zero_copy_only=False)
    if not np.isfinite(values).all():
        return None
    low, high = float(np.quantile(values, 0.01)), float(np.quantile(values, 0.99))
    last = datetime.now(UTC).timestamp() + 366 * 86_400
    if facts.is_integer and facts.share(r"^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]$") == 1:
        reason = "eight digits that are all days"
        if score <= 0 and not facts.is_nameless:
            return None
        return TimeGuess((facts.name,), "%Y%m%d", False, False, reason, score)
    for name, unit in _EPOCHS:
        if _FIRST * unit <= low and high <= last * unit and score > 0:
            middle = datetime.fromtimestamp(float(np.median(values)) / unit, UTC)
            reason = f"numbers that count from 1970; the median is of {middle:%Y-%m-%d}"
            return TimeGuess((facts.name,), name, True, True, reason, score)
    return _relative(facts, low)


def _relative(facts: ColumnFacts, low: float) -> TimeGuess | None:
    """Guess a count from the start of the data, such as the hours of a simulation."""
    unit = {
        **dict.fromkeys(("step", "hour", "hours"), "epoch_hours"),
        **dict.fromkeys(("time", "seconds", "timeseconds", "transactiondt"), "epoch_seconds"),
        **dict.fromkeys(("txtimeseconds",), "epoch_seconds"),
    }.get(facts.bare)
    if unit is None or low < 0:
        return None
    reason = f"a count of {unit.removeprefix('epoch_')} from a start that the file does not say"
    return TimeGuess((facts.name,), unit, True, True, reason, -1, "2025-01-01T00:00:00Z")


def _formatted(facts: ColumnFacts, score: int, *, is_us: bool) -> TimeGuess | None:
    for value in facts.distinct[:5].to_pylist():
        fitting = [
            (form, share)
            for form in _candidates(value)
            if (share := facts.share(pattern_of_safe(form))) >= _ENOUGH
        ]
        if not fitting:
            continue
        best = max(share for _, share in fitting)
        forms = [form for form, share in fitting if share == best]
        form, reason = _chosen(forms, is_us=is_us)
        return TimeGuess(
            (facts.name,), form, "%z" in form, "%H" in form or "%I" in form, reason, score
        )
    return None


def _chosen(forms: Sequence[str], *, is_us: bool) -> tuple[str, str]:
    form = forms[0]
    if len(forms) == 1:
        if form.startswith("%d") and "%m" in form:
            return form, "the day comes first: a first number is above 12"
        if form.startswith("%m") and "%d" in form:
            return form, "the month comes first: a second number is above 12"
        return form, f"every sampled value has the format {form}"
    if is_us or "%p" in form:
        form = next((each for each in forms if each.startswith("%m")), form)
        return form, "CHECK: no value tells day and month apart; the month first, as in the US"
    return form, "CHECK: no value tells day and month apart; the day first, as in most countries"


def _candidates(value: str) -> list[str]:
    """Return the formats that one value may have."""
    forms = []
    for date, date_forms in _DATES:
        match = re.match(date, value)
        if not match:
            continue
        rest = value[match.end() :]
        spelled = [form.format(s=match["s"]) for form in date_forms]
        if not rest:
            forms += spelled
        for time, time_form in _TIMES:
            found = re.fullmatch(
                rf"(?P<between>T|, |  ?|-|:)(?:{time})(?P<offset>{_OFFSET})?", rest
            )
            if found is None:
                continue
            blank = " " if re.search(r" [AaPp]", found[0]) else ""
            offset = found["offset"] or ""
            zone = (" %z" if offset.startswith(" ") else "%z") if offset else ""
            between = re.sub(" +", " ", found["between"])
            forms += [f"{form}{between}{time_form.format(b=blank)}{zone}" for form in spelled]
    return forms


def time_format(facts: ColumnFacts) -> str | None:
    """Return the format of a column of times of day, or None."""
    for value in facts.distinct[:5].to_pylist():
        for time, form in _TIMES:
            if re.fullmatch(time, value) and facts.share(f"^(?:{time})$") >= _ENOUGH:
                blank = " " if re.search(r" [AaPp]", value) else ""
                return form.format(b=blank)
    return None


def _pairs(date: TimeGuess, facts: Sequence[ColumnFacts]) -> list[TimeGuess]:
    """Return the date with each column of times of day."""
    pairs = []
    if len(date.names) > 1 and (parted := guess_date_parts.hours(facts)):
        names, hours = parted
        score = max(date.score, 0) + 1
        joined = f"{date.format} {hours}"
        pairs.append(TimeGuess((*date.names, *names), joined, False, True, date.reason, score))
    for each in facts:
        is_named = each.is_nameless or each.score((), (*WEAK, "hour", "clock")) >= 1
        if each.name in date.names or not is_named:
            continue
        is_iso = date.format is None and each.share(_ISO_TIME) == 1
        form = None if is_iso else time_format(each)
        if is_iso or form is not None:
            reason = f"{date.reason}; the time of day is in a column of its own"
            whole = None if is_iso else f"{date.format or '%Y-%m-%d'} {form}"
            score = max(date.score, 0) + 1
            pairs.append(TimeGuess((*date.names, each.name), whole, False, True, reason, score))
    return pairs


def pattern_of_safe(form: str) -> str:
    """Return the pattern of a format, or one that matches nothing for an impossible format."""
    try:
        return pattern_of(form)
    except ValueError:
        return r"\b\B"
