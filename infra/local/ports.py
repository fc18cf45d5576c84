"""Check whether a port is free, and find the process that listens on it."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

from infra.local.processes import PROC, running
from infra.local.state import DEFAULT_SOURCE, StackError, is_free, port_variable

LISTEN = "0A"


def require_free(name: str, port: int, source: str = DEFAULT_SOURCE) -> None:
    """Check that a port can be taken.

    Raises:
        StackError: the port is taken; with the port, the listener if known, and the next step.
    """
    if not is_free(port):
        variable = port_variable(name)
        raise StackError(
            f"port {port}, needed by {name}, is taken by "
            f"{listener(port) or 'another process'}: stop that, or choose another port, "
            f"for instance `make up SOURCE={source} {variable}={port + 1}`; without {variable}, "
            "the next free port is chosen"
        )


def free_port() -> int:
    """Return an unused port, for a stack that needs no fixed ports."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def listener(port: int) -> str | None:
    """Return the process that listens on a port, as 'name (pid 42)', or None if unknown."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for pid in running() if sockets else ():
        with suppress(OSError):
            for link in (PROC / str(pid) / "fd").iterdir():
                with suppress(OSError):
                    if str(link.readlink()) in sockets:
                        name = (PROC / str(pid) / "comm").read_text().strip()
                        return f"{name} (pid {pid})"
    return None


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in (PROC / "net/tcp", PROC / "net/tcp6"):
        for line in _lines(table)[1:]:
            _, local, _, state, *rest = line.split()
            if state == LISTEN and int(local.rpartition(":")[2], 16) == port:
                inodes.add(rest[5])
    return inodes


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
