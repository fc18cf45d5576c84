"""Holds labelled rows that champion and challenger have both scored. Pure.

A domain makes them from its matured rows. The statistics of the gate know nothing else of a domain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.platform.arrays import Codes, Flags, Floats
from features.platform.errors import ContractError

Labels = NDArray[Any]  # text per row


@dataclass(frozen=True, slots=True)
class Compared:
    """The scores of both models on the same n rows.

    Args:
        is_event: [n] the matured label: fraud, default.
        champion: [n] probabilities of the champion, within [0, 1].
        challenger: [n] probabilities of the challenger, within [0, 1].
        cluster: [n] a code per customer, >= 0: rows of one customer are not independent.
        amount: [n] >= 0, in units of the base currency.
        week: [n] a code per week, >= 0 and in order of time.
        weight: [n] > 0, the inverse of the probability that a row has a label; None = all have one.
        segments: labels per row, [n], by the name of the division: channel, product.
        reasons: the first reason code by champion and by challenger, each [n]; "" = no reason.
        seconds: the seconds to score 1,000 rows, by champion and by challenger.

    Raises:
        ContractError: an array has another length or a value out of its range; names array, count.
    """

    is_event: Flags
    champion: Floats
    challenger: Floats
    cluster: Codes
    amount: Floats
    week: Codes
    weight: Floats | None = None
    segments: Mapping[str, Labels] = field(default_factory=dict)
    reasons: tuple[Labels, Labels] | None = None
    seconds: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        _require_lengths(self)
        for name in ("champion", "challenger"):
            score = getattr(self, name)
            _require(name, ~((score >= 0) & (score <= 1)), "outside of 0 to 1")
        for name in ("cluster", "week"):
            _require(name, getattr(self, name) < 0, "below 0")
        _require("amount", ~((self.amount >= 0) & np.isfinite(self.amount)), "below 0 or unknown")
        if self.weight is not None:
            _require("weight", ~((self.weight > 0) & np.isfinite(self.weight)), "not above 0")

    def __len__(self) -> int:
        return len(self.is_event)

    @property
    def events(self) -> int:
        """The number of events."""
        return int(self.is_event.sum())

    @property
    def clusters(self) -> int:
        """The number of customers with a row."""
        return len(np.unique(self.cluster))

    @property
    def weeks(self) -> int:
        """The number of weeks with a row."""
        return len(np.unique(self.week))


def _require_lengths(rows: Compared) -> None:
    if not len(rows.is_event):
        raise ContractError("there is no row to compare the models on: wait for matured labels")
    arrays = {
        **{name: getattr(rows, name) for name in ("champion", "challenger", "cluster", "amount")},
        "week": rows.week,
        **({} if rows.weight is None else {"weight": rows.weight}),
        **{f"segments of {name}": labels for name, labels in rows.segments.items()},
        **{f"reasons {number}": labels for number, labels in enumerate(rows.reasons or (), 1)},
    }
    for name, array in arrays.items():
        if np.shape(array) != (len(rows.is_event),):
            raise ContractError(
                f"the models are compared on {len(rows.is_event)} rows, but {name} has the shape "
                f"{np.shape(array)}: the domain's reader must return one value per row"
            )


def _require(name: str, is_bad: Flags, fault: str) -> None:
    if count := int(is_bad.sum()):
        raise ContractError(
            f"{count} of {len(is_bad)} rows of the comparison have a {name} {fault}: leave rows "
            "without a score of both models out, and say how many"
        )
