"""`make down` ends exactly the started processes, after any crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local import processes
from infra.local.processes import Record
from infra.local.state import State

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('deaf', flush=True); time.sleep(60)",
]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], "
    "start_new_session=True); print(child.pid, flush=True); time.sleep(60)",
]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    stack_state = State("test", tmp_path)
    stack_state.prepare()
    yield stack_state
    processes.end(processes.members(stack_state), patience_seconds=0.5)


def _start(state: State, command: list[str], name: str = "sleeper") -> subprocess.Popen[bytes]:
    return processes.start(state, name, command, {"PATH": os.environ["PATH"]})


def _await_line(state: State, name: str = "sleeper") -> str:
    log = state.logs / f"{name}.log"
    deadline = time.monotonic() + 20
    while not log.read_text().endswith("\n") and time.monotonic() < deadline:
        time.sleep(0.02)
    return log.read_text().strip()


def test_a_started_process_is_recorded_and_ended(state: State) -> None:
    process = _start(state, SLEEP)

    assert processes.recorded(state)["sleeper"].runs()
    processes.end(processes.members(state))

    assert process.wait(5) == -signal.SIGTERM
    assert not processes.recorded(state)["sleeper"].runs()


def test_a_recycled_process_id_is_never_ended(state: State) -> None:
    unrelated = subprocess.Popen(SLEEP)
    try:
        recorded = processes.record(unrelated.pid)
        forged = replace(recorded, started=recorded.started - 1)
        state.write(
            "pids.json",
            {"sleeper": {"pid": forged.pid, "started": forged.started, "boot": forged.boot}},
        )

        assert not forged.runs()
        assert unrelated.pid not in processes.members(state)
        assert processes.leaders(state) == []
    finally:
        unrelated.kill()
        unrelated.wait()


def test_a_record_of_an_earlier_boot_belongs_to_no_process(state: State) -> None:
    own = processes.record(os.getpid())

    assert own.runs()
    assert not replace(own, boot="another boot").runs()


def test_a_child_whose_parent_was_killed_is_ended_too(state: State) -> None:
    parent = _start(state, PARENT)
    child = int(_await_line(state))
    parent.kill()
    parent.wait()

    assert processes.start_ticks(child) is not None
    assert processes.strays(state) == {child}
    processes.end(processes.members(state))

    assert processes.start_ticks(child) is None


def test_a_process_that_ignores_the_request_is_killed(state: State) -> None:
    process = _start(state, DEAF)
    _await_line(state)

    processes.end(processes.members(state), patience_seconds=0.3)

    assert process.wait(5) == -signal.SIGKILL


def test_a_process_that_is_not_of_the_stack_is_left_alone(state: State, tmp_path: Path) -> None:
    other_state = State("other", tmp_path)
    other_state.prepare()
    process = _start(other_state, SLEEP)

    processes.end(processes.members(state))

    assert process.poll() is None
    processes.end(processes.members(other_state))
    process.wait(5)


def test_a_record_survives_a_crash_between_two_starts(state: State) -> None:
    _start(state, SLEEP, "first")
    _start(state, SLEEP, "second")

    names = set(processes.recorded(State("test", state.root)))

    assert names == {"first", "second"}


def test_a_zombie_process_does_not_count_as_running() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    record = Record(process.pid, processes.start_ticks(process.pid) or 0, processes.boot_id())
    deadline = time.monotonic() + 10
    while record.runs() and time.monotonic() < deadline:
        time.sleep(0.02)

    assert not record.runs()
    process.wait()
