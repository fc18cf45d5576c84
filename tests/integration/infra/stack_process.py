"""Start a process as a local stack does."""

from __future__ import annotations

import subprocess
import sys

from infra.local.environment import environment
from infra.local.state import State


def printed_by(state: State, code: str) -> list[str]:
    """Run Python in the environment and the folder of a stack; return the printed words."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment(state),
        cwd=state.folder,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
