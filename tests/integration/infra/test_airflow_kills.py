"""The suite that kills Airflow's processes makes a new stack each time."""

from __future__ import annotations

from pathlib import Path

from infra.local import stack
from infra.local.state import DEFAULT_SOURCE, State
from tests.faults import airflow_kills


def test_the_processes_of_the_kills_stack_read_the_passwords_that_its_postgres_has(
    tmp_path: Path,
) -> None:
    stack.runs(State(DEFAULT_SOURCE, tmp_path))  # of an earlier suite
    of_earlier = State(DEFAULT_SOURCE, tmp_path).secrets

    state = airflow_kills.new_stack(tmp_path)
    of_postgres = state.secrets
    of_the_supervisor = State(DEFAULT_SOURCE, tmp_path).secrets

    assert of_the_supervisor == of_postgres
    assert of_postgres["airflow"] != of_earlier["airflow"]
