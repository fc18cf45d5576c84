"""Holds the order of a training: the knowledge, the period and the columns to learn from.

A field that is left empty follows from the data, and the training says what it took.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches

from features.platform.errors import ConfigurationError

SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOrder:
    """A training that a person or the schedule asks for.

    Args:
        as_of: later knowledge is ignored; None: the newest knowledge at hand.
        start: first moment to learn from, by event time; None: follows from the labels.
        end: first moment after; None: follows from the maturity of labels.
        keep: columns to use although their values would leave them out.
        drop: columns not to use.
        trainer: the person who asks for it, or `schedule`.
    """

    as_of: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    trainer: str = SCHEDULE

    @property
    def is_scheduled(self) -> bool:
        """Whether no person has asked for it."""
        return self.trainer == SCHEDULE

    def __post_init__(self) -> None:
        """Check that the parts of the order agree.

        Raises:
            ConfigurationError: the period is empty, lies after `as_of`, or a column is both kept
                and dropped.
        """
        if self.start and self.end and self.start >= self.end:
            raise ConfigurationError(
                f"the training period is empty: start {self.start.isoformat()} is not before end "
                f"{self.end.isoformat()}"
            )
        for name, moment in (("start", self.start), ("end", self.end)):
            if moment and self.as_of and moment > self.as_of:
                raise ConfigurationError(
                    f"{name} {moment.isoformat()} of the training period lies after as_of "
                    f"{self.as_of.isoformat()}, whose knowledge ends there"
                )
        if both := sorted(set(self.keep) & set(self.drop)):
            raise ConfigurationError(
                f"{', '.join(both)}: a column is to be kept or dropped, not both"
            )

    def completed(self, standing: TrainingOrder, known: Iterable[str]) -> TrainingOrder:
        """Return the order with the standing wishes of the settings; its own wishes go first.

        Args:
            standing: keeps and drops columns of any job.
            known: the columns of this job's feature view.
        """
        own = {*self.keep, *self.drop}
        names = [name for name in known if name not in own]
        return replace(
            self,
            keep=(*self.keep, *(name for name in standing.keep if name in names)),
            drop=(*self.drop, *(name for name in standing.drop if name in names)),
        )

    def check_columns(self, known: Iterable[str]) -> None:
        """Check that the named columns exist.

        Raises:
            ConfigurationError: the feature view has no such column; names the nearest one.
        """
        names = list(known)
        for option, given in (("keep", self.keep), ("drop", self.drop)):
            for column in given:
                if column not in names:
                    near = get_close_matches(column, names, n=1)
                    hint = f": did you mean {near[0]}?" if near else ""
                    raise ConfigurationError(
                        f"{option} names {column[:60]!a}, which is no column of the feature view"
                        f"{hint}"
                    )
