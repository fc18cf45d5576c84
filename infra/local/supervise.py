"""Supervise a stack: start its programs, and restart those that end.

`make up` starts the supervisor as a separate process. It is the parent of every process that it
starts, so it can read the exit status. Each restart waits longer than the one before. After too
many quick ends, the supervisor gives the program up. `make down` ends the supervisor first. A new
supervisor finds the processes of an earlier supervisor by their records.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from infra.local import processes
from infra.local.environment import environment
from infra.local.health import HEARTBEATS, POSTGRES, cluster, log_file, signs
from infra.local.postgres import PostgresError
from infra.local.programs import Ends, Program, ends, programs, record_ends, runs
from infra.local.state import State

TICK_SECONDS = 0.25
SILENT_SECONDS = 60.0  # time for a heartbeat after a server restart; one is due every 5 seconds
TAIL_LINES = 5
TAIL_BYTES = 8192
MAY_END = frozenset({"feed"})  # it ends when no file is left to deliver
# their orphaned children keep the port; children of the scheduler are tasks and may continue
HOLD_PORTS = frozenset({"mlflow", "api-server"})


@dataclass(frozen=True, slots=True)
class Patience:
    """The wait before a restart, and the limit of restarts.

    Args:
        first_seconds: wait before the first restart; doubled after each quick end.
        longest_seconds: longest wait.
        quick_seconds: an end sooner than this after a start is a quick end.
        quick_ends: number of consecutive quick ends after which the program is given up.
    """

    first_seconds: float = 1.0
    longest_seconds: float = 30.0
    quick_seconds: float = 60.0
    quick_ends: int = 6

    def seconds(self, quick: int) -> float:
        """Return the wait after a number of consecutive quick ends."""
        return float(min(self.first_seconds * 2**quick, self.longest_seconds))


@dataclass
class Supervisor:
    """A loop over the programs of one stack."""

    state: State
    patience: Patience = Patience()
    clock: Callable[[], float] = time.monotonic
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _running_since: dict[str, float] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)
    _heard_by: float | None = None

    def run(self) -> None:
        """Supervise the stack until this process ends or the stack's folder is gone."""
        while self.state.folder.exists():
            self.tick()
            time.sleep(TICK_SECONDS)

    def tick(self) -> None:
        """Check each process once: record an end, and start programs that are due."""
        known = ends(self.state)
        for name, program in programs(self.state).items():
            self._look_at(name, program, known.get(name, Ends()))
            if name == POSTGRES and not self._runs(POSTGRES):
                return  # without Postgres every other program would end again
        if self._heard_by is not None and self.clock() >= self._heard_by:
            self._heard_by = None
            self._end_silent()

    def _end_silent(self) -> None:
        """End the processes that ran when the server ended and sent no heartbeat since.

        A scheduler that has lost its database waits for its running tasks before it ends, which may
        take an hour. The tasks continue.
        """
        current, now = signs(self.state), datetime.now(UTC)
        server = current[POSTGRES].since
        for name in HEARTBEATS:
            record = processes.recorded(self.state).get(name)
            if server is None or record is None or not record.runs():
                continue
            if record.started_at() < server and not current[name].is_fresh(now):
                _say(f"{name} has sent no heartbeat since the server started again; it is ended")
                with suppress(ProcessLookupError):
                    os.kill(record.pid, signal.SIGKILL)

    def _look_at(self, name: str, program: Program, facts: Ends) -> None:
        if self._runs(name):
            self._running_since.setdefault(name, self.clock())
            return
        if name in self._running_since:
            facts = self._note_end(name, facts, *self._cause(name))
        if facts.asked_at != program.asked_at:
            # a new request clears a failure and keeps the count of restarts
            if facts.is_over:
                record_ends(self.state, name, replace(facts, is_over=False, has_failed=False))
            facts = Ends(program.asked_at, facts.restarts)
            self._due.pop(name, None)
        if not facts.is_over and self.clock() >= self._due.get(name, 0.0):
            self._start(name, program, facts)

    def _start(self, name: str, program: Program, facts: Ends) -> None:
        self._running_since[name] = self.clock()
        _say(f"starting {name}")
        try:
            if name == POSTGRES:
                cluster(self.state).start()
                self._heard_by = self.clock() + SILENT_SECONDS
            else:
                if name in HOLD_PORTS:
                    processes.end(self._left_by(name), patience_seconds=2)
                self._children[name] = processes.start(
                    self.state, name, program.command, environment(self.state, name)
                )
        except (PostgresError, OSError) as error:
            cause = f"it did not start: {str(error).strip().splitlines()[0]}"
            self._note_end(name, facts, cause, is_done=False)

    def _left_by(self, name: str) -> set[int]:
        """Return the orphans in the process group of an ended process."""
        record = processes.recorded(self.state).get(name)
        groups = processes.groups(self.state)
        return {pid for pid, group in groups.items() if record and group == record.pid}

    def _note_end(self, name: str, facts: Ends, cause: str, is_done: bool) -> Ends:
        lived = self.clock() - self._running_since.pop(name)
        quick = facts.quick + 1 if lived < self.patience.quick_seconds else 0
        has_failed = not is_done and quick >= self.patience.quick_ends
        facts = replace(
            facts,
            asked_at=programs(self.state)[name].asked_at,
            restarts=facts.restarts + (not is_done and not has_failed),
            quick=quick,
            last_at=datetime.now(UTC).isoformat(timespec="seconds"),
            cause=cause,
            tail=_tail(log_file(self.state, name)),
            is_over=is_done or has_failed,
            has_failed=has_failed,
        )
        record_ends(self.state, name, facts)
        wait = self.patience.seconds(quick)
        self._due[name] = self.clock() + wait
        _say(f"{name} has ended: {cause}; " + ("no restart" if facts.is_over else f"wait {wait} s"))
        return facts

    def _cause(self, name: str) -> tuple[str, bool]:
        """Return the cause of a process's end, and whether its work is done."""
        child = self._children.pop(name, None)
        if child is None:
            return "its exit status is unknown: the supervisor is not its parent", False
        code = child.wait()
        if code < 0:
            with suppress(ValueError):
                return f"killed by {signal.Signals(-code).name}", False
        return f"exit status {code}", name in MAY_END and code == 0

    def _runs(self, name: str) -> bool:
        if name == POSTGRES:
            return cluster(self.state).pid() is not None
        return runs(self.state, name)


def _tail(log: Path) -> list[str]:
    """Return the last lines of a log without reading all of it."""
    with suppress(OSError), log.open("rb") as handle:
        handle.seek(max(log.stat().st_size - TAIL_BYTES, 0))
        return handle.read().decode(errors="replace").splitlines()[-TAIL_LINES:]
    return []


def _say(line: str) -> None:
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC {line}", flush=True)


def main() -> int:
    """Supervise one stack; a second supervisor of the same stack ends at once.

    Args (command line): the folder of all stacks, the source of this one.
    """
    state = State(sys.argv[2], Path(sys.argv[1]))
    # Postgres has its own record and its own stop, so it must not have the marker of the stack
    os.environ.pop(processes.MARKER, None)
    with (state.folder / "supervisor.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another supervisor already supervises this stack")
            return 1
        Supervisor(state).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
