"""The programs that a stack should run, and how their processes have ended.

`make up` alone writes `wanted.json`, the list of programs. The supervisor starts them, is their
parent, and alone writes `restarts.json`. So neither overwrites the other's record.
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
        command: what to run; nothing for Postgres, which has a start of its own.
        asked_at: when `make up` requested it, UTC; a later request forgives a failure.
    """

    command: list[str]
    asked_at: str


@dataclass(frozen=True, slots=True)
class Ends:
    """How often a process has ended without `make down`, and how it ended last.

    Args:
        asked_at: of the `Program` that these facts belong to.
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


def programs(state: State) -> dict[str, Program]:
    """Return the programs that should run, by name, in the order of their start."""
    return {name: Program(**fields) for name, fields in state.read("wanted.json", {}).items()}


def ends(state: State) -> dict[str, Ends]:
    """Return how processes have ended, by the name of their program."""
    return {name: Ends(**fields) for name, fields in state.read("restarts.json", {}).items()}


def record_ends(state: State, name: str, facts: Ends) -> None:
    """Record how a process has ended; the supervisor alone calls this."""
    others = {other: asdict(entry) for other, entry in ends(state).items()}
    state.write("restarts.json", others | {name: asdict(facts)})


def runs(state: State, name: str) -> bool:
    """Return whether the process of a program runs."""
    record = processes.recorded(state).get(name)
    return record is not None and record.runs()


def start_supervisor(state: State) -> None:
    """Start the supervisor, unless it runs."""
    if runs(state, SUPERVISOR):
        return
    # the programs of an earlier supervisor may be of another version or port
    (state.folder / "wanted.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "infra.local.supervise", str(state.root), state.source]
    processes.start(state, SUPERVISOR, command, environment(state))


def request(state: State, name: str, command: Sequence[str] = ()) -> None:
    """Let the supervisor start a program, and restart it where it ends.

    A second call restarts a program that the supervisor has given up.

    Args:
        state: of the stack.
        name: of the program.
        command: what to run; nothing for Postgres, which has a start of its own.

    Raises:
        StackError: the supervisor has not started it.
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
            return  # it was started and has ended: the caller checks its health
        if time.monotonic() > deadline or not runs(state, SUPERVISOR):
            raise StackError(
                f"the supervisor has not started {name}: see {state.logs / f'{SUPERVISOR}.log'}"
            )
        time.sleep(0.05)


def forget(state: State) -> None:
    """Remove both files."""
    for name in ("wanted.json", "restarts.json"):
        (state.folder / name).unlink(missing_ok=True)
