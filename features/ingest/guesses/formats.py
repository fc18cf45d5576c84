"""Recognise the format of times and dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from features.sources.date_formats import pattern_of

_DATES = (
    *("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y"),
    *("%Y%m%d", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%y-%m-%d", "%Y.%m.%d", "%a, %d %b %Y", "%d%b%Y"),
)
_TIMES = (
    *("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", " %I:%M:%S%p", " %I:%M%p"),
    *(" %H:%M:%S.%f", "T%H:%M:%S", "T%H:%M:%S.%f", "T%H:%M", ", %H:%M", ", %H:%M:%S", ":%H:%M:%S"),
    *("%H%M%S", " %H%M%S", " %H%M", " %H.%M.%S", " %I %p"),
)
_ZONES = ("", " %z", "%z", " UTC", " GMT")
_OTHERS = ("%b-%Y", "%b-%y", "%b %Y", "%m/%Y", "%Y-%m", "%Y%m", "%a %b %d %H:%M:%S %Y", "%Y-%j")
_EPOCHS = ((10, "epoch_seconds"), (13, "epoch_milliseconds"), (16, "epoch_microseconds"))


def formats_of(samples: Sequence[str]) -> list[str]:
    """Return the formats that all samples have: several if the order of day and month is open."""
    texts = [text.strip() for text in samples if text.strip()]
    if not texts:
        return []
    if all(re.fullmatch(r"\d+(?:\.\d+)?", text) for text in texts):
        lengths = {len(text.partition(".")[0]) for text in texts}
        for length, name in _EPOCHS:
            if lengths == {length}:
                return [name]
    found = [form for form in _candidates() if all(map(_pattern(form).match, texts))]
    return _of_one_shape(found)


def _of_one_shape(found: Sequence[str]) -> list[str]:
    """Return the first format, and the one with day and month exchanged if it fits too."""
    if not found:
        return []
    first = found[0]
    exchanged = first.replace("%d", "%~").replace("%m", "%d").replace("%~", "%m")
    return [first, *(form for form in found[1:] if form == exchanged)]


def _candidates() -> Iterator[str]:
    yield from _OTHERS
    for zone in _ZONES:
        for time in _TIMES:
            if zone and not time:
                continue
            for date in _DATES:
                yield f"{date}{time}{zone}"


@cache
def _pattern(form: str) -> re.Pattern[str]:
    # Python writes \x{202f} of the matcher of whole columns as \u202f
    code = re.compile(r"\\x\{([0-9a-f]+)\}")
    return re.compile(code.sub(lambda match: chr(int(match[1], 16)), pattern_of(form)))
