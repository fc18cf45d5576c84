"""Print env.template with a random value for each empty variable, and with free ports.

It needs only Python.
"""

from __future__ import annotations

import base64
import secrets
import socket
from contextlib import suppress
from pathlib import Path

PORTS_TO_TRY = 200
TEMPLATE = Path(__file__).with_name("env.template")


def filled(template: str) -> str:
    """Return the template with every empty value filled; Airflow's keys get their required form.

    A port that is taken on this machine gives way to the next free one.
    """
    lines: list[str] = []
    ports: set[int] = set()
    for line in template.splitlines():
        name, separator, value = line.partition("=")
        is_variable = bool(separator) and not line.startswith("#")
        if is_variable and not value:
            lines.append(f"{name}={_secret(name)}")
        elif is_variable and name.endswith("_PORT"):
            ports.add(port := _free_port(int(value), ports))
            lines.append(f"{name}={port}")
        else:
            lines.append(line)
    return "\n".join(lines)


def _free_port(first: int, others: set[int]) -> int:
    """Return the first port from a number on that is free and none of the others."""
    for port in range(first, first + PORTS_TO_TRY):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if port not in others:
                probe.bind(("127.0.0.1", port))
                return port
    return first


def _secret(name: str) -> str:
    if name.endswith("FERNET_KEY"):
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    # hexadecimal, because URLs contain these values
    return secrets.token_hex(64 if name.endswith("JWT_SECRET") else 24)


if __name__ == "__main__":
    print(filled(TEMPLATE.read_text()))
