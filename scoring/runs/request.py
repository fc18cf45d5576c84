"""The request of a run: its window or its rows, the requester and the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from features.platform.errors import ContractError


class Kind(StrEnum):
    """The kind of a run."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    BACKFILL = "backfill"
    RESTATE = "restate"  # names decided rows, and decides them again
    CASE = "case"  # names one undecided row, and decides it ahead of its window
    SHADOW = "shadow"  # decides nothing that counts


#: A longer window has at most so many undecided rows; an empty one may have any length.
LONGEST = timedelta(days=31)
MOST_ROWS = 100_000

#: The kinds of runs that name ids, and the kinds that decide no window.
_NAMES_IDS = (Kind.RESTATE, Kind.CASE)
NO_WINDOW = (Kind.RESTATE, Kind.SHADOW, Kind.CASE)
_MISSING = {
    Kind.RESTATE: "have been decided before; a row that has no decision is decided by the run of "
    "its window",
    Kind.CASE: "can be decided; a decided row is restated, and a row that was rejected at its "
    "delivery or belongs to history is never scored",
}


@dataclass(frozen=True, slots=True)
class Request:
    """A window to decide, its requester, and the reason."""

    window_start: datetime
    window_end: datetime
    kind: Kind
    requested_by: str
    reason: str | None = None
    restated_ids: tuple[str, ...] = ()  # of a restatement; of a case, the row that is decided ahead

    def check(self) -> None:
        """Refuse a restatement without a reason, and ids in a run that names none.

        Raises:
            ContractError: the request is half a restatement, or half a case.
        """
        is_restatement = self.kind is Kind.RESTATE
        has_reason = bool(self.reason and self.reason.strip())
        if (self.kind in _NAMES_IDS) != bool(self.restated_ids) or (
            is_restatement and not has_reason
        ):
            raise ContractError(
                "a restatement names its ids and a reason, a case its ids, and no other run names "
                f"ids; this {self.kind} run names {len(self.restated_ids)} ids and "
                f"{'a' if has_reason else 'no'} reason"
            )

    @property
    def is_long(self) -> bool:
        """Whether the window is so long that the number of its rows is limited."""
        return self.kind not in NO_WINDOW and self.window_end - self.window_start > LONGEST

    def exceeds(self, cadence: timedelta) -> bool:
        """Return whether the window is longer than one window of the job."""
        return self.kind not in NO_WINDOW and self.window_end - self.window_start > cadence

    def check_size(self, rows: int, most_rows: int = MOST_ROWS) -> None:
        """Refuse a long window with many rows, and several nights with any.

        Args:
            rows: undecided rows that happened in the window.
            most_rows: of the window; 0 where each night needs a run of its own.

        Raises:
            ContractError: the window must be cut.
        """
        if rows <= most_rows:
            return
        window = f"{self.window_start.isoformat()}/{self.window_end.isoformat()}"
        flaw = (
            f"is longer than {LONGEST.days} days and has {rows:,} undecided rows, more than "
            f"{most_rows:,}"
            if most_rows
            else f"holds {rows:,} rows of several nights, and a night follows the night before"
        )
        raise ContractError(
            f"the window {window} {flaw}: `vesper windows --heal` cuts it, or request shorter "
            "windows"
        )

    def check_found(self, rows: int) -> None:
        """Refuse to decide fewer rows than were named.

        Raises:
            ContractError: some of them cannot be decided.
        """
        ids = len(set(self.restated_ids))
        if ids and rows != ids:
            raise ContractError(f"of {ids} ids to {self.kind} only {rows} {_MISSING[self.kind]}")
