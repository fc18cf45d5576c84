"""Read the weekdays on which a supplier takes orders. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features.platform.arrays import Flags, Integers

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Day 0 since 1970 was a Thursday.
_FIRST_WEEKDAY = 3


def read(texts: Sequence[str | None]) -> Flags:
    """Return the weekdays of each text, Monday first: [P, 7].

    An empty text means every day, and so does a text without any weekday.

    Args:
        texts: such as "mon thu"; words may be separated by spaces, commas or semicolons.
    """
    distinct = {text: _weekdays(text) for text in set(texts)}
    return np.array([distinct[text] for text in texts], dtype=np.bool_).reshape(len(texts), 7)


def next_orders(order_days: Flags, night: int | Integers) -> tuple[Integers, Integers]:
    """Return the days until the next order day, and from there to the one after it: [P] each.

    Args:
        order_days: [P, 7], each row has at least one day.
        night: days since 1970, one for all or [P]; an order on the following day has 0 days to
            wait.
    """
    tomorrow = np.broadcast_to(np.asarray(night) + 1 + _FIRST_WEEKDAY, len(order_days))
    # two weeks from tomorrow hold at least two order days
    weekday = (tomorrow[:, None] + np.arange(14)) % 7
    ahead = np.take_along_axis(order_days, weekday, axis=1)
    wait = ahead.argmax(axis=1)
    later = ahead & (np.arange(14) > wait[:, None])
    return wait.astype(np.int64), (later.argmax(axis=1) - wait).astype(np.int64)


def _weekdays(text: str | None) -> list[bool]:
    words = {word[:3] for word in (text or "").lower().replace(",", " ").replace(";", " ").split()}
    named = [weekday in words for weekday in WEEKDAYS]
    return named if any(named) else [True] * 7
