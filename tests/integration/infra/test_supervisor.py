"""The supervisor restarts and counts processes that end without `make down`, up to a limit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local import health, processes, programs, stack, status
from infra.local.ports import free_port
from infra.local.state import State
from infra.local.supervise import Patience, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
FAILS = [sys.executable, "-c", "print('no such thing'); raise SystemExit(3)"]
ENDS_WELL = [sys.executable, "-c", ""]
QUICK = Patience(first_seconds=0.0, longest_seconds=0.0, quick_ends=3)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    stack_state = State("test", tmp_path)
    stack_state.prepare()
    stack_state.write("ports.json", {name: free_port() for name in stack_state.ports()})
    yield stack_state
    stack.down(stack_state)


def _await(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _pid(state: State, name: str = "sleeper") -> int:
    return processes.recorded(state)[name].pid


def _end(state: State, name: str = "sleeper") -> None:
    os.kill(_pid(state, name), signal.SIGKILL)
    _await(lambda: not programs.runs(state, name))


def _request(state: State, command: list[str], name: str = "sleeper") -> None:
    """Request a process without waiting for it: the test itself acts as the supervisor."""
    state.write("wanted.json", {name: {"command": command, "asked_at": str(time.monotonic())}})


def _tick_until_over(supervisor: Supervisor, name: str = "sleeper") -> None:
    """Run the supervisor until it stops restarting a program."""

    def is_over() -> bool:
        supervisor.tick()
        return programs.ends(supervisor.state).get(name, programs.Ends()).is_over

    _await(is_over)


def test_a_killed_process_is_started_again_and_remembered(state: State) -> None:
    programs.start_supervisor(state)
    programs.request(state, "sleeper", SLEEP)
    first = _pid(state)

    os.kill(first, signal.SIGKILL)
    _await(lambda: _pid(state) != first and programs.runs(state, "sleeper"))

    facts = programs.ends(state)["sleeper"]
    assert (facts.restarts, facts.cause) == (1, "killed by SIGKILL")
    assert facts.last_at.endswith("+00:00")


def test_down_ends_the_supervisor_first_and_no_process_restarts(state: State) -> None:
    programs.start_supervisor(state)
    programs.request(state, "sleeper", SLEEP)

    stack.down(state)

    time.sleep(1.5)  # longer than a first restart takes
    assert not stack.runs(state)
    assert programs.programs(state) == programs.ends(state) == {}


def test_a_second_up_starts_no_second_supervisor(state: State) -> None:
    programs.start_supervisor(state)
    programs.request(state, "sleeper", SLEEP)
    pids = _pid(state, programs.SUPERVISOR), _pid(state)

    programs.start_supervisor(state)
    programs.request(state, "sleeper", SLEEP)
    command = [sys.executable, "-m", "infra.local.supervise", str(state.root), state.source]
    third = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    assert (_pid(state, programs.SUPERVISOR), _pid(state)) == pids
    assert third.returncode == 1
    assert "another supervisor already supervises this stack" in third.stdout


def test_a_killed_supervisor_is_reported_and_replaced_at_the_next_up(
    state: State,
) -> None:
    programs.start_supervisor(state)
    programs.request(state, "sleeper", SLEEP)
    first = _pid(state)
    _end(state, programs.SUPERVISOR)

    assert status.health(state)[programs.SUPERVISOR][:2] == (None, False)
    programs.start_supervisor(state)
    programs.request(state, "sleeper", SLEEP)

    assert _pid(state) == first
    _await(lambda: (state.logs / "supervisor.log").stat().st_size > 0)
    os.kill(first, signal.SIGKILL)
    _await(lambda: _pid(state) != first and programs.runs(state, "sleeper"))


def test_a_hopeless_process_is_given_up_and_its_last_lines_are_kept(state: State) -> None:
    supervisor = Supervisor(state, QUICK)
    _request(state, FAILS)

    _tick_until_over(supervisor)

    facts = programs.ends(state)["sleeper"]
    assert (facts.has_failed, facts.quick, facts.cause) == (True, 3, "exit status 3")
    assert facts.tail[-1] == "no such thing"
    log = (state.logs / "sleeper.log").read_text()
    supervisor.tick()
    assert (state.logs / "sleeper.log").read_text() == log


def test_the_next_up_restarts_a_process_that_was_given_up(state: State) -> None:
    supervisor = Supervisor(state, QUICK)
    _request(state, FAILS)
    _tick_until_over(supervisor)

    _request(state, SLEEP)
    supervisor.tick()

    assert programs.runs(state, "sleeper")


def test_a_restart_waits_longer_after_each_quick_end() -> None:
    assert [Patience().seconds(quick) for quick in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_restart_waits_its_time(state: State) -> None:
    now = [0.0]
    supervisor = Supervisor(state, Patience(first_seconds=10.0), clock=lambda: now[0])
    _request(state, SLEEP)
    supervisor.tick()
    _end(state)

    supervisor.tick()
    now[0] = 19.0
    supervisor.tick()
    assert not programs.runs(state, "sleeper")
    now[0] = 21.0
    supervisor.tick()

    assert programs.runs(state, "sleeper")


def test_a_missing_command_counts_as_an_end(state: State) -> None:
    supervisor = Supervisor(state, QUICK)
    _request(state, ["/no/such/command"])

    supervisor.tick()

    assert programs.ends(state)["sleeper"].cause.startswith("it did not start: ")


def test_a_feed_that_has_delivered_everything_is_left_alone(state: State) -> None:
    supervisor = Supervisor(state, QUICK)
    _request(state, ENDS_WELL, "feed")

    _tick_until_over(supervisor, "feed")

    facts = programs.ends(state)["feed"]
    assert (facts.restarts, facts.has_failed) == (0, False)


def test_a_killed_postgres_is_started_again_before_anything_else(state: State) -> None:
    stack.start_postgres(state)
    programs.start_supervisor(state)
    programs.request(state, health.POSTGRES)
    programs.request(state, "sleeper", SLEEP)
    first = health.cluster(state).pid()
    assert first is not None
    _await(lambda: "starting sleeper" in (state.logs / "supervisor.log").read_text())

    os.kill(first, signal.SIGKILL)
    _await(lambda: health.cluster(state).pid() not in {None, first}, 40)

    _await(lambda: programs.ends(state)[health.POSTGRES].restarts == 1)
    # it has its own stop command and is never ended as one of the stack's processes
    assert health.cluster(state).pid() not in processes.members(state)


def test_a_process_silent_since_a_crash_of_the_server_is_restarted(
    state: State,
) -> None:
    now = [0.0]
    supervisor = Supervisor(state, QUICK, clock=lambda: now[0])
    stack.start_postgres(state)
    requested_at = str(time.monotonic())
    commands = {health.POSTGRES: [], "scheduler": SLEEP, "sleeper": SLEEP}
    state.write(
        "wanted.json", {n: {"command": c, "asked_at": requested_at} for n, c in commands.items()}
    )
    supervisor.tick()
    silent, without_heartbeats = _pid(state, "scheduler"), _pid(state)
    server = health.cluster(state).pid()
    assert server is not None

    os.kill(server, signal.SIGKILL)
    _await(lambda: health.cluster(state).pid() is None)
    supervisor.tick()
    now[0] = 59.0
    supervisor.tick()
    assert _pid(state, "scheduler") == silent
    now[0] = 61.0
    supervisor.tick()
    _await(lambda: not programs.runs(state, "scheduler"))
    supervisor.tick()

    assert _pid(state, "scheduler") != silent
    assert _pid(state) == without_heartbeats  # it sends no heartbeats


def test_status_shows_ended_and_given_up_processes(
    state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = programs.Ends(
        "", 5, 6, "2026-11-21T10:00:00+00:00", "exit status 3", ["no room"], True, True
    )
    programs.record_ends(state, "scheduler", facts)

    assert not status.status(state)

    shown = capsys.readouterr().out
    for words in ("exit status 3", "given up", "then `make up`", "no room", "supervisor"):
        assert words in shown
