"""The rehearsal of kills uses a stack of its own, recreated each time."""

from __future__ import annotations

from pathlib import Path

from infra.local import kills, stack
from infra.local.state import DEFAULT_SOURCE, State


def test_the_processes_of_a_rehearsal_read_the_passwords_that_its_postgres_has(
    tmp_path: Path,
) -> None:
    stack.runs(State(DEFAULT_SOURCE, tmp_path))  # an earlier rehearsal
    of_earlier = State(DEFAULT_SOURCE, tmp_path).secrets

    state = kills.anew(tmp_path)
    of_postgres = state.secrets
    of_the_supervisor = State(DEFAULT_SOURCE, tmp_path).secrets

    assert of_the_supervisor == of_postgres
    assert of_postgres["airflow"] != of_earlier["airflow"]
