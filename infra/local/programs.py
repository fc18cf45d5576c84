"""Store the programs that a stack should run, and the ends of their processes.

Only `make up` writes `wanted.json`, the list of programs. The supervisor starts these programs and
is their parent. Only the supervisor writes `restarts.json`. So neither overwrites the other's file.
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
class Program:
    """A program that should run.

    Args:
        command: the command to run; empty for Postgres, which has its own start.
        asked_at: when `make up` requested it, UTC; a later request clears a failure.
    """

    command: list[str]
    asked_at: str


@dataclass(frozen=True, slots=True)
class Ends:
    """The ends of a process without `make down`: their number, and the cause of the last one.

    Args:
        asked_at: of the `Program` that these facts belong to.
        restarts: number of restarts.
        quick: number of consecutive ends soon after a start.
        last_at: time of the last end, UTC.
        cause: the exit status or signal in words.
        tail: the last lines of its log.
        is_over: the process is not started again: it has finished, or has ended too often.
        has_failed: the process has ended too often.
    """

    asked_at: str = ""
    restarts: int = 0
    quick: int = 0
    last_at: str = ""
    cause: str = ""
    tail: list[str] = field(default_factory=list)
    is_over: bool = False
    has_failed: bool = False


def programs(state: State) -> dict[str, Program]:
    """Return the requested programs by name, in the order of their start."""
    return {name: Program(**fields) for name, fields in state.read("wanted.json", {}).items()}


def ends(state: State) -> dict[str, Ends]:
    """Return the recorded ends of processes, by program."""
    return {name: Ends(**fields) for name, fields in state.read("restarts.json", {}).items()}


def record_ends(state: State, name: str, facts: Ends) -> None:
    """Record the end of a process; only the supervisor calls this."""
    others = {other: asdict(entry) for other, entry in ends(state).items()}
    state.write("restarts.json", others | {name: asdict(facts)})


def runs(state: State, name: str) -> bool:
    """Return whether the process of a program runs."""
    record = processes.recorded(state).get(name)
    return record is not None and record.runs()


def start_supervisor(state: State) -> None:
    """Start the supervisor if it does not run."""
    if runs(state, SUPERVISOR):
        return
    # the requests to an earlier supervisor may have another version or port
    (state.folder / "wanted.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "infra.local.supervise", str(state.root), state.source]
    processes.start(state, SUPERVISOR, command, environment(state))


def request(state: State, name: str, command: Sequence[str] = ()) -> None:
    """Request that the supervisor starts a program and restarts it after an end.

    A second call restarts a program that the supervisor has given up.

    Args:
        state: of the stack.
        name: of the program.
        command: the command to run; empty for Postgres, which has its own start.

    Raises:
        StackError: the supervisor has not started the program in time.
    """
    facts = ends(state).get(name)
    if name in programs(state) and runs(state, name) and not (facts and facts.is_over):
        return
    program = Program(list(command), datetime.now(UTC).isoformat())
    others = {other: asdict(entry) for other, entry in programs(state).items()}
    state.write("wanted.json", others | {name: asdict(program)})
    if not command:
        return
    deadline = time.monotonic() + START_SECONDS
    while not runs(state, name):
        facts = ends(state).get(name)
        if facts is not None and facts.asked_at == program.asked_at:
            return  # it started and has ended; the caller checks its health
        if time.monotonic() > deadline or not runs(state, SUPERVISOR):
            raise StackError(
                f"the supervisor has not started {name}: see {state.logs / f'{SUPERVISOR}.log'}"
            )
        time.sleep(0.05)


def forget(state: State) -> None:
    """Remove both files of requests and ends."""
    for name in ("wanted.json", "restarts.json"):
        (state.folder / name).unlink(missing_ok=True)
