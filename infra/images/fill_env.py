"""Print env.template with a random value for each empty variable; needs only Python."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

TEMPLATE = Path(__file__).with_name("env.template")


def filled(template: str) -> str:
    """Return the template with every empty value filled; Airflow's keys get their required form."""
    lines = []
    for line in template.splitlines():
        name, separator, value = line.partition("=")
        is_empty = bool(separator) and not value and not line.startswith("#")
        lines.append(f"{name}={_secret(name)}" if is_empty else line)
    return "\n".join(lines)


def _secret(name: str) -> str:
    if name.endswith("FERNET_KEY"):
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    # hexadecimal, because URLs contain these values
    return secrets.token_hex(64 if name.endswith("JWT_SECRET") else 24)


if __name__ == "__main__":
    print(filled(TEMPLATE.read_text()))
