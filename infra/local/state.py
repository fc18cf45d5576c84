"""Store the state of one local stack: its folder, its ports, its secrets."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

JsonDict = dict[str, Any]

CHECKOUT = Path(__file__).resolve().parents[2]
DEFAULT_SOURCE = "synthetic"
DEFAULT_CURRENCY = "USD"
#: The logins of Airflow and their roles; a model is promoted by a person other than its trainer.
AIRFLOW_USERS = {"admin": "admin", "officer": "user", "analyst": "viewer"}
DEFAULT_PORTS = {"postgres": 5442, "mlflow": 5010, "airflow": 8090}
LOGIN_ROLES = ("ingest", "transform", "score", "analyst", "fairness", "airflow", "mlflow")
FREE_MIB_NEEDED = 1500
PORTS_TO_TRY = 200


class StackError(Exception):
    """The user must first change something; the message is one line with the next step."""


@dataclass(frozen=True)
class State:
    """The state of the stack of one source, in one folder."""

    source: str
    root: Path = CHECKOUT / ".local"

    @property
    def folder(self) -> Path:
        """The folder of the whole state."""
        return self.root / self.source

    @property
    def logs(self) -> Path:
        """The folder of the processes' logs."""
        return self.folder / "logs"

    @property
    def objects(self) -> Path:
        """The object store: landing, published tables, models, validation pages."""
        return self.folder / "objects"

    @property
    def airflow_home(self) -> Path:
        """Airflow's home: task logs and the file of logins."""
        return self.folder / "airflow"

    @cached_property
    def secrets(self) -> dict[str, str]:
        """The passwords and keys of this stack: created once, readable only by the owner."""
        path = self.folder / "secrets.json"
        stored: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        made = {role: secrets.token_urlsafe(18) for role in ("postgres", *LOGIN_ROLES)}
        made |= {f"airflow_{user}": secrets.token_urlsafe(9) for user in AIRFLOW_USERS}
        made["airflow_fernet_key"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        made["airflow_secret_key"] = secrets.token_urlsafe(48)
        made["airflow_jwt_secret"] = secrets.token_urlsafe(64)
        # an upgrade may add a role that the stack lacks
        if not made.keys() <= stored.keys():
            write_private(path, made | stored)
        return made | stored

    def ports(self) -> dict[str, int]:
        """Return the ports of the last start, otherwise the defaults."""
        return DEFAULT_PORTS | self.read("ports.json", {})

    def sources_dir(self) -> Path:
        """Return the folder of user-defined sources, as of the last start."""
        return Path(self.read("source.json", {}).get("folder") or CHECKOUT / "sources")

    def base_currency(self) -> str:
        """Return the currency in which the warehouse compares amounts."""
        return str(self.read("source.json", {}).get("base_currency") or DEFAULT_CURRENCY)

    def wanted_ports(self) -> dict[str, int]:
        """Return the ports to prefer: those of the last start, or those of the default source."""
        first = DEFAULT_PORTS if self.source == DEFAULT_SOURCE else {}
        known: dict[str, int] = self.read("ports.json", {}) or dict(first)
        return known

    def choose_ports(self) -> dict[str, int]:
        """Return and store the ports: from the environment, otherwise those of the last start.

        At its first start, the default source gets the default ports, and any other source the next
        ones that no other stack on this machine has. A port that another process has taken gives
        way to the next free one, unless the environment sets it. The stack must not run.

        Raises:
            StackError: a variable holds no port number.
        """
        stated = ports_of_environment()
        others = [state.ports() for state in all_states(self.root) if state.source != self.source]
        kept = {port for ports in others for port in ports.values()} | set(stated.values())
        if self.source != DEFAULT_SOURCE:
            kept |= set(DEFAULT_PORTS.values())
        wanted = self.wanted_ports()
        chosen: dict[str, int] = {}
        for name, default in DEFAULT_PORTS.items():
            taken = kept | set(chosen.values())
            port = stated.get(name) or wanted.get(name) or next_free_port(default + 1, taken)
            chosen[name] = (
                port if name in stated or is_free(port) else next_free_port(port + 1, taken)
            )
        self.write("ports.json", chosen)
        return chosen

    def prepare(self) -> None:
        """Create the folders.

        Raises:
            StackError: the disk is full or the folder is not writable.
        """
        try:
            for folder in (self.logs, self.objects, self.airflow_home, self.folder / "work"):
                folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
        except OSError as error:
            raise StackError(disk_message(error, self.folder)) from error
        free_mib = shutil.disk_usage(self.folder).free // 2**20
        if free_mib < FREE_MIB_NEEDED:
            raise StackError(
                f"{free_mib} MiB are free on the disk of {self.folder} and {FREE_MIB_NEEDED} MiB "
                "are needed: free some space"
            )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock this stack, because two commands must not start it at once.

        Raises:
            StackError: another command is starting it.
        """
        with (self.folder / "lock").open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StackError(
                    f"another `make up` or `make demo` of SOURCE={self.source} is running: wait "
                    "for it, or end it"
                ) from error
            yield

    def read(self, name: str, default: JsonDict) -> JsonDict:
        """Return the content of a state file."""
        path = self.folder / name
        stored: JsonDict = json.loads(path.read_text()) if path.exists() else default
        return stored

    def write(self, name: str, content: object) -> None:
        """Write a state file."""
        write_private(self.folder / name, content)


def ports_of_environment() -> dict[str, int]:
    """Return the ports that variables set.

    Raises:
        StackError: a variable holds no port number.
    """
    stated = {}
    for name in DEFAULT_PORTS:
        variable = port_variable(name)
        if value := os.environ.get(variable):
            if not value.isdecimal() or not 1024 <= int(value) <= 65535:
                raise StackError(f"{variable}={value} is no port: choose one of 1024 to 65535")
            stated[name] = int(value)
    return stated


def is_free(port: int) -> bool:
    """Return whether a process may listen on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def next_free_port(first: int, kept: Collection[int]) -> int:
    """Return the first port from a number on that is free and not in `kept`."""
    for port in range(first, first + PORTS_TO_TRY):
        if port not in kept and is_free(port):
            return port
    raise StackError(f"no port of {first} to {first + PORTS_TO_TRY - 1} is free")


def port_variable(name: str) -> str:
    """Return the variable that sets a port, for instance VESPER_MLFLOW_PORT."""
    return f"VESPER_{name.upper()}_PORT"


def all_states(root: Path = CHECKOUT / ".local") -> list[State]:
    """Return the stacks with state on this machine, running or not."""
    return [State(path.parent.name, root) for path in sorted(root.glob("*/secrets.json"))]


def write_private(path: Path, content: object) -> None:
    """Write JSON atomically; only its owner may read it."""
    write_private_text(path, json.dumps(content, indent=2, default=str) + "\n")


def write_private_text(path: Path, text: str) -> None:
    """Write text atomically; only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(text)
    draft.replace(path)


def disk_message(error: OSError, folder: Path) -> str:
    """Return one line for a disk that is full or not writable."""
    return f"cannot write {error.filename or folder}: {(error.strerror or str(error)).lower()}"


def code_version() -> str:
    """Return the commit of the checkout, with a mark if files differ from it."""
    try:
        result = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],  # noqa: S607 - git of PATH
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return result.stdout.strip()
