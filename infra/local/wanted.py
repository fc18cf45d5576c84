"""Which processes a stack should run, and what became of them: the supervisor's two files.

`make up` writes `wanted.json` and nothing else does; the supervisor starts what it names, is the
parent of what it starts, and keeps `restarts.json`. So neither overwrites the other's record.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from infra.local import processes
from infra.local.environment import environment
from infra.local.state import StackError, State

SUPERVISOR = "supervisor"
START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A process that should run."""

    command: list[str]
    asked_at: str


@dataclass(frozen=True, slots=True)
class Ends:
    """How often a process has ended without `make down`, and how it ended last.

    Args:
        asked_at: of the `Wanted` that these facts belong to.
        restarts: how often it was started again.
        quick: ends in a row, each soon after a start.
        last_at: UTC.
        cause: the exit status or signal in words.
        tail: the last lines of its log.
        is_over: it is not started again: it has ended well, or too often.
        has_failed: it has ended too often.
    """

    asked_at: str = ""
    restarts: int = 0
    quick: int = 0
    last_at: str = ""
    cause: str = ""
    tail: list[str] = field(default_factory=list)
    is_over: bool = False
    has_failed: bool = False


def wanted(state: State) -> dict[str, Wanted]:
    """Return the processes that should run, by name, in the order of their start."""
    return {name: Wanted(**fields) for name, fields in state.read("wanted.json", {}).items()}


def ends(state: State) -> dict[str, Ends]:
    """Return what became of processes that have ended, by name."""
    return {name: Ends(**fields) for name, fields in state.read("restarts.json", {}).items()}


def record_ends(state: State, name: str, facts: Ends) -> None:
    """Remember how a process has ended; the supervisor alone calls this."""
    others = {other: asdict(entry) for other, entry in ends(state).items()}
    state.write("restarts.json", others | {name: asdict(facts)})


def runs(state: State, name: str) -> bool:
    """Tell whether a process that this stack has started runs."""
    record = processes.recorded(state).get(name)
    return record is not None and record.runs()


def start_supervisor(state: State) -> None:
    """Start the supervisor, unless it runs."""
    if runs(state, SUPERVISOR):
        return
    # what an earlier one was asked for may be of another version or port
    (state.folder / "wanted.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "infra.local.supervise", str(state.root), state.source]
    processes.start(state, SUPERVISOR, command, environment(state))


def want(state: State, name: str, command: Sequence[str] = ()) -> None:
    """Have the supervisor start a process, and start it again where it ends.

    A second call gives a process that was given up another chance.

    Args:
        state: of the stack.
        name: of the process.
        command: what to run; nothing for Postgres, which has a start of its own.

    Raises:
        StackError: the supervisor has not started it.
    """
    found = ends(state).get(name)
    if name in wanted(state) and runs(state, name) and not (found and found.is_over):
        return
    asked = Wanted(list(command), datetime.now(UTC).isoformat())
    others = {other: asdict(entry) for other, entry in wanted(state).items()}
    state.write("wanted.json", others | {name: asdict(asked)})
    if not command:
        return
    deadline = time.monotonic() + START_SECONDS
    while not runs(state, name):
        found = ends(state).get(name)
        if found is not None and found.asked_at == asked.asked_at:
            return  # it was started and has ended: the caller asks after its health
        if time.monotonic() > deadline or not runs(state, SUPERVISOR):
            raise StackError(
                f"the supervisor has not started {name}: see {state.logs / f'{SUPERVISOR}.log'}"
            )
        time.sleep(0.05)


def forget(state: State) -> None:
    """Drop what should run and what became of it."""
    for name in ("wanted.json", "restarts.json"):
        (state.folder / name).unlink(missing_ok=True)
