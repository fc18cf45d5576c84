"""Find secrets of a stack in process lists, logs and Airflow's rendered fields."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg

from infra.local.health import cluster
from infra.local.processes import PROC, running
from infra.local.state import State

CHUNK_BYTES = 1 << 20
RENDERED = "select task_id, rendered_fields::text from rendered_task_instance_fields"


def leaks(state: State) -> list[str]:
    """Return the places that show a secret, with its name and never its value.

    The search covers process lists, logs of the stack and of its tasks. If Postgres runs, it also
    covers the rendered fields that Airflow shows for each task.
    """
    secrets = {name: secret.encode() for name, secret in state.secrets.items()}
    return [
        f"{name} in {place}"
        for place, text in _places(state)
        for name, secret in secrets.items()
        if secret in text
    ]


def _places(state: State) -> Iterator[tuple[str, bytes]]:
    for pid in running():
        with suppress(OSError):
            yield f"the command line of process {pid}", (PROC / str(pid) / "cmdline").read_bytes()
    for folder in (state.logs, state.airflow_home, state.folder / "postgres"):
        for path in folder.rglob("*.log"):
            for text in _pieces(path):
                yield f"the log {path}", text
    if cluster(state).pid() is None:
        return
    with suppress(psycopg.Error), psycopg.connect(cluster(state).conninfo("airflow")) as connection:
        for task, fields in connection.execute(RENDERED):
            yield f"the rendered fields of task {task}", fields.encode()


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield a file in pieces; each begins with the end of the piece before."""
    end = b""
    with path.open("rb") as handle:
        while piece := handle.read(CHUNK_BYTES):
            yield end + piece
            end = piece[-200:]
