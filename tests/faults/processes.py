"""Fork child processes that can be broken at a place from a warm and idle parent.

The parent has imported every module and computed no result. It holds no connection and no thread of
a numeric library, so a child costs milliseconds and starts clean. Every child is ended by its own
id.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from infra.local.environment import ONE_THREAD, QUIET

PATIENCE_SECONDS = 300.0


def warm(folder: Path) -> None:
    """Import every module that a step may need, and let dbt prepare its classes.

    dbt compiles a reader and a writer for each of its classes at first use. This takes seconds,
    which every child would pay again. The parsing itself leaves threads behind, so a child does it.
    """
    import inspect

    import dbt.adapters.postgres
    import dbt.cli.main  # noqa: F401
    import great_expectations.expectations  # noqa: F401
    from dbt.contracts.graph.manifest import Manifest, WritableManifest
    from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

    import expectations.checker  # noqa: F401
    import features.ingest
    import features.platform.storage  # noqa: F401
    import scoring.steps.pipeline  # noqa: F401

    os.environ.update(QUIET | ONE_THREAD)
    folder.mkdir(parents=True, exist_ok=True)
    if fork(lambda: _parse(folder), folder / "parse.log", {}).wait() != 0:
        raise StuckError(f"dbt could not parse its project, see {folder / 'parse.log'}")
    parsed = (folder / "partial_parse.msgpack").read_bytes()
    manifest = Manifest.from_msgpack(parsed, decoder=extended_mashumuro_decoder)
    manifest.to_msgpack(extended_mashumaro_encoder)
    WritableManifest.read_and_check_versions(str(folder / "manifest.json")).to_dict(omit_none=False)
    inspect.stack()
    shutil.rmtree(folder)


def _parse(folder: Path) -> None:
    from dbt.cli.main import dbtRunner

    from features.build import PROJECT

    nowhere = {"type": "postgres", "host": "127.0.0.1", "port": 9, "user": "x", "password": "x"}
    nowhere |= {"dbname": "x", "schema": "staging", "threads": 2}
    profile = {"vesper": {"target": "warehouse", "outputs": {"warehouse": nowhere}}}
    (folder / "profiles.yml").write_text(json.dumps(profile))
    outcome = dbtRunner().invoke(
        [
            "parse",
            *("--project-dir", str(PROJECT), "--profiles-dir", str(folder)),
            *("--target-path", str(folder), "--log-path", str(folder)),
            *("--log-level", "none", "--log-level-file", "none", "--no-send-anonymous-usage-stats"),
        ]
    )
    if not outcome.success:
        raise SystemExit(1)


class StuckError(Exception):
    """A process did not reach its end or its place in time."""


@dataclass
class Pause:
    """Hold a place at which a child waits until its parent releases it."""

    reached: tuple[int, int] = field(default_factory=os.pipe)
    go_on: tuple[int, int] = field(default_factory=os.pipe)

    def here(self) -> None:
        """Notify the parent, and wait; called by the child."""
        os.write(self.reached[1], b".")
        os.read(self.go_on[0], 1)

    def passing(self, seconds: float) -> Callable[[], None]:
        """Return an action that notifies the parent and sleeps."""

        def act() -> None:
            os.write(self.reached[1], b".")
            time.sleep(seconds)

        return act

    def release(self) -> None:
        """Release the child."""
        os.write(self.go_on[1], b".")

    def close(self) -> None:
        """Close the four ends; the child of the parent has its own copies."""
        for end in (*self.reached, *self.go_on):
            with suppress(OSError):
                os.close(end)


@dataclass
class Process:
    """Hold a forked child."""

    pid: int
    status: int | None = None

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Wait for the end; return the exit status, negative for a signal."""
        if not self._until(lambda: self._poll(0), seconds):
            self.kill()
            raise StuckError(f"a process did not end within {seconds:.0f} s")
        assert self.status is not None
        return self.status

    def wait_frozen(self, seconds: float = PATIENCE_SECONDS) -> bool:
        """Wait until a signal has stopped the child; return False if it ended instead."""
        stopped: list[bool] = []

        def look() -> bool:
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            if pid and os.WIFSTOPPED(status):
                stopped.append(True)
            elif pid:
                self.status = os.waitstatus_to_exitcode(status)
            return bool(pid)

        if not self._until(look, seconds):
            self.kill()
            raise StuckError("a process did not reach its place")
        return bool(stopped)

    def wait_at(self, pause: Pause, seconds: float = PATIENCE_SECONDS) -> bool:
        """Wait until the child is at its pause; return False if it ended instead."""
        os.set_blocking(pause.reached[0], False)

        def look() -> bool:
            with suppress(BlockingIOError):
                return bool(os.read(pause.reached[0], 1))
            return self._poll(0)

        if not self._until(look, seconds):
            self.kill()
            raise StuckError("a process did not reach its place")
        return self.status is None

    def thaw(self) -> None:
        """Continue a frozen child."""
        os.kill(self.pid, signal.SIGCONT)

    def freeze(self) -> None:
        """Stop a child at its current place."""
        os.kill(self.pid, signal.SIGSTOP)

    def kill(self) -> None:
        """End the child, whatever its state."""
        if self.status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            _, status = os.waitpid(self.pid, 0)
            self.status = os.waitstatus_to_exitcode(status)

    def _poll(self, flags: int) -> bool:
        pid, status = os.waitpid(self.pid, os.WNOHANG | flags)
        if pid:
            self.status = os.waitstatus_to_exitcode(status)
        return bool(pid)

    def _until(self, holds: Callable[[], bool], seconds: float) -> bool:
        if self.status is not None:
            return True
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.004)
        return True


def fork(work: Callable[[], None], log: Path, environment: Mapping[str, str]) -> Process:
    """Run `work` in a child whose output goes to a file; its exit status is 0 if `work` returns."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _as_child(work, log, environment)
    return Process(pid)


def _as_child(work: Callable[[], None], log: Path, environment: Mapping[str, str]) -> NoReturn:
    status = 70
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        for name in [name for name in os.environ if name.startswith("SCORING_")]:
            del os.environ[name]
        os.environ.update(environment)
        work()
        status = 0
    except BaseException:  # noqa: BLE001 - a child never returns into its parent's code
        import traceback

        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


@contextmanager
def running(processes: Sequence[Process]) -> Iterator[None]:
    """End every child at the end of its case."""
    try:
        yield
    finally:
        for process in processes:
            process.kill()
