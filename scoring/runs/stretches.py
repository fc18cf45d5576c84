"""Fold undecided windows into stretches: to list them, and to decide each stretch by one run.

A data set of the past leaves thousands of empty windows behind it. They are one line of a listing
and one run. A run may span any number of windows: it decides the rows of all of them, and its
decisions are those of one run per window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from scoring.runs.gaps import Undecided, WindowState
from scoring.runs.request import MOST_ROWS


@dataclass(frozen=True, slots=True)
class Stretch:
    """Undecided windows that follow each other, in one state.

    Attributes:
        job: whose windows.
        start: where the first window begins.
        end: the first instant after the last window.
        state: the reason why they are undecided.
        windows: how many windows.
        windows_with_rows: how many of them have waiting rows.
        rows_pending: live rows that wait for them.
        run_id: the open run, else the newest failed one of the last window.
        last_failure: why that run failed.
    """

    job: str
    start: datetime
    end: datetime
    state: WindowState
    windows: int
    windows_with_rows: int
    rows_pending: int
    run_id: UUID | None
    last_failure: str | None

    @classmethod
    def of(cls, windows: Sequence[Undecided]) -> Stretch:
        """Return the stretch of windows that follow each other."""
        first, last = windows[0], windows[-1]
        return cls(
            first.job,
            first.start,
            last.end,
            first.state,
            len(windows),
            sum(window.rows_pending > 0 for window in windows),
            sum(window.rows_pending for window in windows),
            last.run_id,
            last.last_failure,
        )

    @property
    def is_gap(self) -> bool:
        """Whether an action is needed: a run that moves needs none."""
        return self.state is not WindowState.RUNNING

    @property
    def next_step(self) -> str:
        """The action that closes the gap."""
        form = f"start={_short(self.start)} end={_short(self.end)}"
        heal = "vesper windows --heal, or wait for maintain_warehouse at night"
        one_run = f"; or trigger {self.job} with {form}"
        return {
            WindowState.MISSING: f"{heal}{one_run}",
            WindowState.FAILED: f"mend the cause, then {heal}{one_run}",
            WindowState.STUCK: f"vesper fail {self.run_id} --reason stuck, then {heal}",
            WindowState.RUNNING: f"wait for run {self.run_id}",
        }[self.state]

    def as_dict(self) -> dict[str, object]:
        """The stretch as JSON has it."""
        return {
            "job": self.job,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "state": self.state.value,
            "is_gap": self.is_gap,
            "windows": self.windows,
            "windows_with_rows": self.windows_with_rows,
            "rows_pending": self.rows_pending,
            "run_id": str(self.run_id) if self.run_id else None,
            "last_failure": self.last_failure,
            "next_step": self.next_step,
        }


def folded(windows: Sequence[Undecided]) -> list[Stretch]:
    """Return the windows of one job as the fewest stretches, oldest first.

    Missing windows that follow each other are one stretch, and so are failed windows of one failure
    and the windows of one open run.

    Args:
        windows: in order, each once.
    """
    return [Stretch.of(members) for members in _adjacent(windows, _cause)]


def to_decide(windows: Sequence[Undecided], most_rows: int = MOST_ROWS) -> list[Stretch]:
    """Return one stretch for each run that is needed, in the order of their runs.

    Stretches with waiting rows come first, and failed ones last: a window that fails again and
    again must not delay the others. Each window is in exactly one stretch. A stretch of several
    windows has at most `most_rows` waiting rows. Windows that failed in one run are decided by two
    runs, so that a bad window is alone after a few nights.

    Args:
        windows: in order, each once.
        most_rows: of a stretch with several windows; 0 gives each window with rows its own run.
    """
    missing = [window for window in windows if window.state is WindowState.MISSING]
    failed = [window for window in windows if window.state is WindowState.FAILED]
    groups = list(_adjacent(missing, lambda window: window.state))
    for members in _joined(_adjacent(failed, lambda window: window.run_id)):
        groups += [members] if _is_empty(members) else _halves(members)
    stretches = [Stretch.of(part) for members in groups for part in _cut(members, most_rows)]
    return sorted(
        stretches,
        key=lambda each: (each.state is WindowState.FAILED, each.rows_pending == 0, each.start),
    )


def _cause(window: Undecided) -> object:
    match window.state:
        case WindowState.MISSING:
            return window.state
        case WindowState.FAILED:
            return window.state, window.last_failure
    return window.state, window.run_id


def _adjacent(
    windows: Sequence[Undecided], key: Callable[[Undecided], object]
) -> Iterator[list[Undecided]]:
    """Part windows where one does not follow the one before, or has another key."""
    members: list[Undecided] = []
    for window in windows:
        if members and (members[-1].end != window.start or key(members[-1]) != key(window)):
            yield members
            members = []
        members.append(window)
    if members:
        yield members


def _joined(groups: Iterable[list[Undecided]]) -> list[list[Undecided]]:
    """Join groups without rows that follow each other: they failed for a reason of the machine."""
    joined: list[list[Undecided]] = []
    for members in groups:
        before = joined[-1] if joined else None
        if before and before[-1].end == members[0].start and _is_empty(before + members):
            before += members
        else:
            joined.append(members)
    return joined


def _is_empty(members: Sequence[Undecided]) -> bool:
    return not any(window.rows_pending for window in members)


def _halves(members: list[Undecided]) -> list[list[Undecided]]:
    middle = len(members) // 2
    return [half for half in (members[:middle], members[middle:]) if half]


def _cut(members: Sequence[Undecided], most_rows: int) -> Iterator[list[Undecided]]:
    """Part a stretch so that only a part of one window may have more rows than the limit."""
    part: list[Undecided] = []
    rows = 0
    for window in members:
        if part and rows + window.rows_pending > most_rows:
            yield part
            part, rows = [], 0
        part.append(window)
        rows += window.rows_pending
    if part:
        yield part


def _short(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
