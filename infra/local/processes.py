"""Record, recognise and end the processes that a stack has started.

A process id alone is not enough: after a crash it may belong to another program. So a record holds
the id together with the kernel's start time of the process. Every started process has the folder of
its stack in its environment, and its children inherit it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.local.state import State

MARKER = "VESPER_STACK"
PATIENCE_SECONDS = 12.0
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Record:
    """One started process; `started` is in clock ticks since this boot of the kernel."""

    pid: int
    started: int
    boot: str

    def runs(self) -> bool:
        """Return whether exactly this process still runs, not another process with its id."""
        return self.boot == boot_id() and start_ticks(self.pid) == self.started

    def started_at(self) -> datetime:
        """Return when the process started, UTC, to a hundredth of a second."""
        up_seconds = float((PROC / "uptime").read_text().split()[0])
        age = up_seconds - self.started / os.sysconf("SC_CLK_TCK")
        return datetime.now(UTC) - timedelta(seconds=age)


def boot_id() -> str:
    """Return the identity of this boot of the kernel."""
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def start_ticks(pid: int) -> int | None:
    """Return when a process started, or None if it does not run; a zombie does not run."""
    try:
        state, *fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return None if state in "ZX" else int(fields[18])


def record(pid: int) -> Record:
    """Return the record of a running process."""
    return Record(pid, start_ticks(pid) or 0, boot_id())


def recorded(state: State) -> dict[str, Record]:
    """Return the processes of this stack by name, running or not."""
    return {name: Record(**fields) for name, fields in state.read("pids.json", {}).items()}


def remember(state: State, name: str, pid: int) -> None:
    """Record a process."""
    records = {other: asdict(entry) for other, entry in recorded(state).items()}
    state.write("pids.json", records | {name: asdict(record(pid))})


def forget(state: State) -> None:
    """Drop the records."""
    (state.folder / "pids.json").unlink(missing_ok=True)


def start(
    state: State, name: str, command: Sequence[str], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start and record one process of the stack, with its own process group and log."""
    with (state.logs / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
            command,
            cwd=state.folder,
            env={**environment, MARKER: str(state.folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    remember(state, name, process.pid)
    return process


def leaders(state: State) -> list[Record]:
    """Return the running processes that this stack has started."""
    return [entry for entry in recorded(state).values() if entry.runs()]


def members(state: State) -> set[int]:
    """Return the ids of all running processes of the stack, children of dead parents included."""
    return set(groups(state))


def strays(state: State) -> set[int]:
    """Return the orphans of a crash: members whose recorded parent has ended."""
    known = {entry.pid for entry in leaders(state)} | {os.getpgid(0)}
    return {pid for pid, group in groups(state).items() if group not in known}


def groups(state: State) -> dict[int, int]:
    """Return the process group of each running process of the stack."""
    marker = f"{MARKER}={state.folder}".encode()
    led = {entry.pid for entry in leaders(state)}
    by_pid = {}
    for pid in running():
        try:
            group = os.getpgid(pid)
            environment = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it has ended, or belongs to another user
        if group in led or marker in environment:
            by_pid[pid] = group
    by_pid.pop(os.getpid(), None)
    return by_pid


def running() -> Iterable[int]:
    """Return the ids of all processes."""
    return (int(path.name) for path in PROC.iterdir() if path.name.isdecimal())


def end(pids: Iterable[int], patience_seconds: float = PATIENCE_SECONDS) -> None:
    """End processes: send SIGTERM first, and SIGKILL after the patience."""
    left = {pid: ticks for pid in pids if (ticks := start_ticks(pid)) is not None}
    _send(left, signal.SIGTERM)
    deadline = time.monotonic() + patience_seconds
    while left and time.monotonic() < deadline:
        time.sleep(0.1)
        left = {pid: ticks for pid, ticks in left.items() if start_ticks(pid) == ticks}
    _send(left, signal.SIGKILL)
    while any(start_ticks(pid) == ticks for pid, ticks in left.items()):
        time.sleep(0.02)


def _send(processes: Mapping[int, int], number: signal.Signals) -> None:
    for pid, ticks in processes.items():
        if start_ticks(pid) == ticks:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue


def memory_mib(pids: Iterable[int]) -> float:
    """Return the resident memory of processes, in MiB; each process counts shared pages."""
    pages = 0
    for pid in pids:
        try:
            pages += int((PROC / str(pid) / "statm").read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def descendants(pid: int) -> set[int]:
    """Return a process and all its running descendants."""
    parents: dict[int, int] = {}
    for other in running():
        try:
            stat = (PROC / str(other) / "stat").read_text()
        except OSError:
            continue
        parents[other] = int(stat.rpartition(")")[2].split()[1])
    tree = {pid} if pid in parents else set()
    while more := {child for child, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return tree


def tool(name: str) -> str:
    """Return the path of a command of this virtual environment."""
    return str(Path(sys.prefix) / "bin" / name)
